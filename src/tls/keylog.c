/* SPDX-License-Identifier: MIT */
/* Secrets of connections, for those who look at them with Wireshark: NSS's key log format. */
#include "base/buf.h"
#include "tls/settings.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* One write per line, so that lines of several threads and processes stay whole. */
static void append_line(int fd, const char *line)
{
    ah_buf text = {0};
    size_t sent = 0;
    ssize_t count;

    ah_buf_append_format(&text, "%s\n", line);
    while (sent < text.len &&
           ((count = write(fd, text.data + sent, text.len - sent)) >= 0 || errno == EINTR))
        sent += count > 0 ? (size_t)count : 0;
    ah_buf_release(&text);
}

static void on_line(const SSL *ssl, const char *line)
{
    const ahttp_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (tls->keylog_fd >= 0)
        append_line(tls->keylog_fd, line);
    if (tls->keylog)
        tls->keylog(line, tls->keylog_ctx);
}

ahttp_error *ah_tls_log_keys(ahttp_tls *tls, const ahttp_tls_options *options)
{
    const char *path = options->keylog_file;

    tls->keylog = options->keylog;
    tls->keylog_ctx = options->keylog_ctx;
    if (!path && !options->keylog)
        path = ah_tls_environment("SSLKEYLOGFILE");
    if (path)
        tls->keylog_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (options->keylog_file && tls->keylog_fd < 0)
        return ah_error_system(AHTTP_E_TLS_SETTINGS, -errno, "open key log %s", path);
    if (tls->keylog_fd >= 0 || tls->keylog)
        SSL_CTX_set_keylog_callback(tls->ctx, on_line);
    return NULL;
}
