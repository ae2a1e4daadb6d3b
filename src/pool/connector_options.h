/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_CONNECTOR_OPTIONS_H
#define AH_POOL_CONNECTOR_OPTIONS_H
/* What a program says of a connector, as pool and openings want it. */
#include "pool/opening.h"
#include "pool/plan.h"
#include <ahttp/connector.h>

/* Aborts with a message where options contradict each other. */
void ah_connector_check_options(const ahttp_connector_options *options);
ah_pool_rules ah_connector_rules(const ahttp_connector_options *options);
/* False when out of memory; what is in setup then is to be given up as always. */
bool ah_connector_set_up(ah_opening_setup *setup, ahttp_loop *loop,
                         const ahttp_connector_options *options);

#endif
