/* SPDX-License-Identifier: MIT */
#include "tls/fixture.h"

enum { MEBIBYTE = 1 << 20 };

static char *pattern(size_t len)
{
    char *bytes = malloc(len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + i % 26 + i / 8192 % 7);
    return bytes;
}

/* ---- Economy ---- */

static void a_small_exchange_takes_one_write_and_one_read(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .echoes = true);
    secure(&f, peer);
    tls_peer_seen before = tls_peer_look(peer);
    ah_str parts[] = {AH_STR("POST / HTTP/1.1\r\n\r\n"), AH_STR(""), AH_STR("body")};

    ptrdiff_t written = ah_transport_write(f.user.transport, parts, COUNT_OF(parts));
    run(&f);

    tls_peer_seen after = tls_peer_look(peer);
    assert_int_equal(written, parts[0].len + parts[2].len);
    assert_str(ah_str_make(f.user.got, f.user.got_len), "POST / HTTP/1.1\r\n\r\nbody");
    assert_int_equal(after.writes - before.writes, 1);
    assert_int_equal(after.reads - before.reads, 1);
    assert_int_equal(after.wants - before.wants, 0);
    finish(&f, peer);
}

static void exchanges_in_steady_state_allocate_nothing(void **state)
{
    fixture f;
    (void)state;
    counting_alloc_install();
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    secure(&f, peer);
    ah_str parts[] = {AH_STR("head"), AH_STR("body")};
    ah_transport_write(f.user.transport, parts, COUNT_OF(parts));
    tls_peer_send(peer, "first", 5);
    run(&f);
    size_t before = counting_alloc_counts().allocations;

    ah_transport_write(f.user.transport, parts, COUNT_OF(parts));
    tls_peer_send(peer, "second", 6);
    run(&f);

    assert_int_equal(counting_alloc_counts().allocations, before);
    assert_str(ah_str_make(f.user.got, f.user.got_len), "firstsecond");
    finish(&f, peer);
    counting_alloc_remove();
}

/* What the server receives in messages and records. */
typedef struct record_log {
    int records;
    int key_updates;
} record_log;

static void log_record(int is_sent, int version, int type, const void *bytes, size_t len, SSL *ssl,
                       void *ctx)
{
    record_log *log = ctx;

    (void)version, (void)ssl;
    if (is_sent)
        return;
    if (type == SSL3_RT_HEADER)
        log->records++;
    if (type == SSL3_RT_HANDSHAKE && len > 0 && *(const unsigned char *)bytes == SSL3_MT_KEY_UPDATE)
        log->key_updates++;
}

static void log_records(tls_peer *peer, record_log *log)
{
    SSL_set_msg_callback(tls_peer_ssl(peer), log_record);
    SSL_set_msg_callback_arg(tls_peer_ssl(peer), log);
}

static void short_parts_become_one_record(void **state)
{
    fixture f;
    record_log log = {0};
    (void)state;
    tls_peer *peer = secure_peer(&f);
    ah_str parts[] = {AH_STR("GET"), AH_STR(" "), AH_STR("/")};
    log_records(peer, &log);

    ah_transport_write(f.user.transport, parts, COUNT_OF(parts));

    assert_str(tls_peer_look(peer).received, "GET /");
    assert_int_equal(log.records, 1);
    finish(&f, peer);
}

static void long_parts_become_full_records(void **state)
{
    fixture f;
    record_log log = {0};
    (void)state;
    tls_peer *peer = secure_peer(&f);
    char *bytes = pattern(3 * 16384);
    ah_str parts[] = {{bytes, 20000}, {bytes, 3 * 16384 - 20000}};
    log_records(peer, &log);

    ah_transport_write(f.user.transport, parts, COUNT_OF(parts));

    assert_int_equal(tls_peer_look(peer).received.len, 3 * 16384);
    assert_int_equal(log.records, 3);
    free(bytes);
    finish(&f, peer);
}

/* ---- Much data ---- */

static void carry_a_mebibyte_both_ways(size_t read_limit, size_t write_limit, size_t cap)
{
    fixture f;
    begin(&f);
    char *bytes = pattern(MEBIBYTE);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .echoes = true,
                                  .read_limit = read_limit, .write_limit = write_limit);
    f.user = (user){.unsent = bytes, .unsent_len = MEBIBYTE, .expected = MEBIBYTE, .cap = cap};
    start_handshake(&f, peer, "server.example");

    run(&f);

    assert_int_equal(f.user.code, 0);
    assert_int_equal(tls_peer_look(peer).received.len, MEBIBYTE);
    assert_int_equal(f.user.got_len, MEBIBYTE);
    assert_memory_equal(f.user.got, bytes, MEBIBYTE);
    free(bytes);
    finish(&f, peer);
}

static void a_mebibyte_goes_both_ways(void **state)
{
    (void)state;
    carry_a_mebibyte_both_ways(0, 0, 0);
}

static void a_mebibyte_goes_both_ways_in_odd_pieces(void **state)
{
    (void)state;
    carry_a_mebibyte_both_ways(1000, 777, 0);
    carry_a_mebibyte_both_ways(20000, 17000, 5000);
}

static void data_goes_byte_by_byte(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .echoes = true, .read_limit = 1,
                                  .write_limit = 1);
    f.user = (user){.unsent = "0123456789", .unsent_len = 10, .expected = 10, .cap = 1};
    start_handshake(&f, peer, "server.example");

    run(&f);

    assert_str(ah_str_make(f.user.got, f.user.got_len), "0123456789");
    finish(&f, peer);
}

static void many_parts_of_all_sizes_arrive_in_order(void **state)
{
    static const size_t sizes[] = {1, 16383, 1, 0, 16384, 40000, 5, 16385, 0};
    fixture f;
    ah_str parts[COUNT_OF(sizes)];
    size_t total = 0;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    char *bytes = pattern(MEBIBYTE);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        parts[i] = ah_str_make(bytes + total, sizes[i]);
        total += sizes[i];
    }

    ptrdiff_t written = ah_transport_write(f.user.transport, parts, COUNT_OF(parts));

    assert_int_equal(written, total);
    assert_int_equal(tls_peer_look(peer).received.len, total);
    assert_memory_equal(tls_peer_look(peer).received.ptr, bytes, total);
    free(bytes);
    finish(&f, peer);
}

static void no_more_is_taken_than_a_batch_while_the_peer_takes_nothing(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    char *bytes = pattern(MEBIBYTE);
    ah_str part = {bytes, MEBIBYTE};
    tls_peer_take_writes(peer, false);

    ptrdiff_t first = ah_transport_write(f.user.transport, &part, 1);
    ptrdiff_t second = ah_transport_write(f.user.transport, &part, 1);

    assert_true(first > 0 && first <= 65536);
    assert_int_equal(second, AH_IO_AGAIN);
    tls_peer_take_writes(peer, true);
    run(&f);
    assert_int_equal(tls_peer_look(peer).received.len, first);
    free(bytes);
    finish(&f, peer);
}

/* ---- Readiness ---- */

static void what_a_small_read_left_is_told_of_again(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.cap = 3;
    tls_peer_send(peer, "0123", 4);
    tls_peer_send(peer, "456789", 6);
    size_t before = tls_peer_look(peer).reads;

    run(&f);

    assert_str(ah_str_make(f.user.got, f.user.got_len), "0123456789");
    assert_true(f.user.readies >= 4);
    assert_true(tls_peer_look(peer).reads - before <= 2);
    finish(&f, peer);
}

static void what_is_not_wanted_is_not_told(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.cap = 3;
    size_t before = f.user.readies;
    ah_transport_want(f.user.transport, 0);
    tls_peer_send(peer, "0123456789", 10);
    run(&f);
    assert_int_equal(f.user.readies, before);

    ah_transport_want(f.user.transport, AH_READABLE);
    run(&f);

    assert_int_equal(f.user.got_len, 10);
    finish(&f, peer);
}

static void a_read_without_input_says_again(void **state)
{
    fixture f;
    char buf[16];
    (void)state;
    tls_peer *peer = secure_peer(&f);

    ptrdiff_t count = ah_transport_read(f.user.transport, buf, sizeof buf);

    assert_int_equal(count, AH_IO_AGAIN);
    finish(&f, peer);
}

static void it_may_be_closed_while_it_tells_of_readiness(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.closes_when_ready = true;
    tls_peer_send(peer, "0123", 4);

    run(&f);

    assert_null(f.user.transport);
    finish(&f, peer);
}

static void it_may_be_closed_while_it_tells_of_left_over_input(void **state)
{
    fixture f;
    char buf[2];
    (void)state;
    tls_peer *peer = secure_peer(&f);
    tls_peer_send(peer, "0123", 4);
    assert_int_equal(ah_transport_read(f.user.transport, buf, 2), 2);
    f.user.closes_when_ready = true;

    run(&f);

    assert_null(f.user.transport);
    finish(&f, peer);
}

static void the_loop_need_not_wait_for_a_background_connection(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);

    ah_transport_set_background(f.user.transport, true);

    assert_true(tls_peer_look(peer).is_background);
    finish(&f, peer);
}

/* ---- Keys ---- */

static void a_key_update_is_answered_with_the_next_write(void **state)
{
    fixture f;
    record_log log = {0};
    (void)state;
    tls_peer *peer = secure_peer(&f);
    ah_str part = AH_STR("answer");
    log_records(peer, &log);
    tls_peer_send(peer, "old ", 4);
    tls_peer_update_keys(peer);
    tls_peer_send(peer, "new", 3);
    size_t before = tls_peer_look(peer).writes;

    run(&f);
    ah_transport_write(f.user.transport, &part, 1);

    assert_str(ah_str_make(f.user.got, f.user.got_len), "old new");
    assert_str(tls_peer_look(peer).received, "answer");
    assert_int_equal(log.key_updates, 1);
    assert_int_equal(tls_peer_look(peer).writes - before, 1);
    finish(&f, peer);
}

static void a_key_update_byte_by_byte_holds_writes_up_without_losing_any(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    char *bytes = pattern(100000);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .read_limit = 1);
    secure(&f, peer);
    for (int i = 0; i < 3; i++)
        tls_peer_update_keys(peer);
    f.user.unsent = bytes;
    f.user.unsent_len = 100000;
    ah_transport_want(f.user.transport, AH_READABLE | AH_WRITABLE);

    run(&f);

    assert_int_equal(f.user.code, 0);
    assert_int_equal(tls_peer_look(peer).received.len, 100000);
    assert_memory_equal(tls_peer_look(peer).received.ptr, bytes, 100000);
    free(bytes);
    finish(&f, peer);
}

static void a_session_ticket_in_pieces_holds_a_write_up(void **state)
{
    static const char long_data[2000] = "application data in the ticket";
    fixture f;
    char buf[16];
    ah_str part = AH_STR("GET");
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .read_limit = 600);
    SSL *ssl = tls_peer_ssl(peer);
    secure(&f, peer);
    SSL_set_max_send_fragment(ssl, 512);
    SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), long_data, sizeof long_data);
    tls_peer_send_ticket(peer);

    assert_int_equal(ah_transport_read(f.user.transport, buf, sizeof buf), AH_IO_AGAIN);
    ptrdiff_t count = ah_transport_write(f.user.transport, &part, 1);
    f.user.unsent = part.ptr;
    f.user.unsent_len = part.len;
    ah_transport_want(f.user.transport, AH_WRITABLE);
    run(&f);

    assert_int_equal(count, AH_IO_AGAIN);
    assert_str(tls_peer_look(peer).received, "GET");
    finish(&f, peer);
}

/* Before TLS 1.3 a server may shake hands anew (RFC 5746), to ask for a certificate. */
static void renegotiation_goes_on_between_data(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .max_version = TLS1_2_VERSION,
                                  .read_limit = 50);
    secure(&f, peer);
    f.user.expected = 11;
    tls_peer_send(peer, "before", 6);
    assert_int_equal(SSL_renegotiate(tls_peer_ssl(peer)), 1);
    assert_int_equal(SSL_do_handshake(tls_peer_ssl(peer)), 1);
    f.user.unsent = "GET";
    f.user.unsent_len = 3;
    ah_transport_want(f.user.transport, AH_READABLE | AH_WRITABLE);
    run(&f);
    assert_str(ah_str_make(f.user.got, f.user.got_len), "before");
    assert_false(SSL_renegotiate_pending(tls_peer_ssl(peer)));
    assert_str(tls_peer_look(peer).received, "GET");

    tls_peer_send(peer, "after", 5);
    run(&f);

    assert_str(ah_str_make(f.user.got, f.user.got_len), "beforeafter");
    finish(&f, peer);
}

/* What was verified once is verified again. */
static void renegotiation_with_another_certificate_is_refused(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *other = certificate_new(.names = "DNS:other.example", .issuer = f.root);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .max_version = TLS1_2_VERSION);
    SSL_set_options(tls_peer_ssl(peer), SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(SSL_get_SSL_CTX(tls_peer_ssl(peer)), SSL_SESS_CACHE_OFF);
    secure(&f, peer);
    f.user.stops_at_end = true;
    tls_peer_send(peer, "before", 6);
    assert_int_equal(SSL_use_certificate(tls_peer_ssl(peer), other->x509), 1);
    assert_int_equal(SSL_use_PrivateKey(tls_peer_ssl(peer), other->key), 1);
    assert_int_equal(SSL_renegotiate(tls_peer_ssl(peer)), 1);
    assert_int_equal(SSL_do_handshake(tls_peer_ssl(peer)), 1);

    run(&f);

    assert_string_equal(f.user.message, "read from test.peer:443: certificate verify failed");
    certificate_free(other);
    finish(&f, peer);
}

/* ---- TLS in TLS ---- */

typedef struct tunnel {
    fixture *f;
    tls_peer *outer;
} tunnel;

static void outer_is_done(void *ctx, ah_transport *transport, ahttp_error *error)
{
    tunnel *t = ctx;

    if (error)
        fail_msg("%s", error->message);
    t->f->user.handshake = start_tls(t->f, transport, "server.example", on_done, &t->f->user);
}

static void tls_goes_through_tls(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    char *bytes = pattern(200000);
    tls_peer *inner = tls_peer_new(f.loop, .certificate = f.leaf, .echoes = true);
    tls_peer *outer = tls_peer_new(f.loop, .certificate = f.leaf, .inner = inner,
                                   .read_limit = 3000, .write_limit = 2000);
    tunnel t = {&f, outer};
    f.user = (user){.loop = f.loop, .unsent = bytes, .unsent_len = 200000, .expected = 200000};
    start_tls(&f, tls_peer_transport(outer), "server.example", outer_is_done, &t);

    run(&f);

    assert_int_equal(f.user.got_len, 200000);
    assert_memory_equal(f.user.got, bytes, 200000);
    free(bytes);
    tls_peer_free(inner);
    finish(&f, outer);
}

static void transfer_scenario(void *ctx)
{
    fixture *f = ctx;
    f->tls = ahttp_tls_new();
    if (!f->tls)
        return;
    char *bytes = pattern(70000);
    tls_peer *peer =
        tls_peer_new(f->loop, .certificate = f->leaf, .echoes = true, .write_limit = 20000);

    f->user = (user){.unsent = bytes, .unsent_len = 70000, .expected = 70000, .stops_at_end = true};
    start_handshake(f, peer, "server.example");
    run(f);
    if (f->user.code != 0)
        assert_int_equal(f->user.code, AHTTP_E_NO_MEMORY);
    if (f->user.transport)
        close_transport(&f->user);
    assert_true(tls_peer_look(peer).is_closed);
    free(f->user.got);
    f->user.got = NULL;
    tls_peer_free(peer);
    free(bytes);
    ahttp_tls_unref(f->tls);
    f->tls = NULL;
}

static void every_allocation_of_a_transfer_may_fail(void **state)
{
    fixture f;
    (void)state;
    begin(&f);

    ahttp_tls_unref(f.tls);
    f.tls = NULL;
    for_each_allocation(transfer_scenario, &f);

    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_exchange_takes_one_write_and_one_read),
        cmocka_unit_test(exchanges_in_steady_state_allocate_nothing),
        cmocka_unit_test(short_parts_become_one_record),
        cmocka_unit_test(long_parts_become_full_records),
        cmocka_unit_test(a_mebibyte_goes_both_ways),
        cmocka_unit_test(a_mebibyte_goes_both_ways_in_odd_pieces),
        cmocka_unit_test(data_goes_byte_by_byte),
        cmocka_unit_test(many_parts_of_all_sizes_arrive_in_order),
        cmocka_unit_test(no_more_is_taken_than_a_batch_while_the_peer_takes_nothing),
        cmocka_unit_test(what_a_small_read_left_is_told_of_again),
        cmocka_unit_test(what_is_not_wanted_is_not_told),
        cmocka_unit_test(a_read_without_input_says_again),
        cmocka_unit_test(it_may_be_closed_while_it_tells_of_readiness),
        cmocka_unit_test(it_may_be_closed_while_it_tells_of_left_over_input),
        cmocka_unit_test(the_loop_need_not_wait_for_a_background_connection),
        cmocka_unit_test(a_key_update_is_answered_with_the_next_write),
        cmocka_unit_test(a_key_update_byte_by_byte_holds_writes_up_without_losing_any),
        cmocka_unit_test(a_session_ticket_in_pieces_holds_a_write_up),
        cmocka_unit_test(renegotiation_goes_on_between_data),
        cmocka_unit_test(renegotiation_with_another_certificate_is_refused),
        cmocka_unit_test(tls_goes_through_tls),
        cmocka_unit_test(every_allocation_of_a_transfer_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
