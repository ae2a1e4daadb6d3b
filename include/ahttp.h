/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_H
#define AHTTP_H
/* Everything.  Include this, or the topic you need. */
#include <ahttp/body.h>
#include <ahttp/connector.h>
#include <ahttp/cookie_store.h>
#include <ahttp/cookies.h>
#include <ahttp/debug.h>
#include <ahttp/duplex.h>
#include <ahttp/error.h>
#include <ahttp/future.h>
#include <ahttp/group.h>
#include <ahttp/headers.h>
#include <ahttp/hsts.h>
#include <ahttp/loop.h>
#include <ahttp/memory.h>
#include <ahttp/peer.h>
#include <ahttp/progress.h>
#include <ahttp/proxy.h>
#include <ahttp/raise.h>
#include <ahttp/redirect.h>
#include <ahttp/request.h>
#include <ahttp/resolver.h>
#include <ahttp/response.h>
#include <ahttp/session.h>
#include <ahttp/stream.h>
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <ahttp/thread.h>
#include <ahttp/timeout.h>
#include <ahttp/tls.h>
#include <ahttp/transport.h>
#include <ahttp/verbs.h>
#include <ahttp/version.h>
#include <ahttp/wait.h>
#include <ahttp/wire.h>
#endif
