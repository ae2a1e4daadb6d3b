/* SPDX-License-Identifier: MIT */
/* A spinner that turns while a slow function runs in another thread: ./spinner [NUMBER]
   In asyncio:

       spinner = asyncio.create_task(spin("thinking"))
       answer = await asyncio.to_thread(is_prime, number)
       spinner.cancel()                                                                */
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *is_prime(void *arg)
{
    unsigned long long number = *(unsigned long long *)arg;

    for (unsigned long long divisor = 3; divisor <= number / divisor; divisor += 2)
        if (number % divisor == 0)
            return "no prime";
    return number % 2 ? "a prime" : "no prime";
}

static void *spin(void *arg)
{
    static const char wheel[] = "|/-\\";
    int cancelled = 0;

    for (int i = 0; !cancelled; i = (i + 1) % 4) {
        printf("\r%c %s", wheel[i], (const char *)arg);
        fflush(stdout);
        cancelled = ahttp_await_status(ahttp_sleep(100)) == AHTTP_E_CANCELLED;
    }
    printf("\r%*s\r", (int)strlen(arg) + 2, "");
    return NULL;
}

static void *supervise(void *arg)
{
    ahttp_future *spinner = ahttp_spawn(spin, "thinking");
    ahttp_future *answer = ahttp_run_blocking(is_prime, arg, NULL);
    const char *text = ahttp_await(answer);
    ahttp_future_cancel(spinner);
    ahttp_await(spinner);
    printf("%llu is %s\n", *(unsigned long long *)arg, text ? text : "unknown");
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned long long number = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000000000000003;

    return ahttp_run(supervise, &number) < 0;
}
