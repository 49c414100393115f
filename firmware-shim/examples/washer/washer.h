/* The washing machine as an appliance that the bench can run. */
#ifndef EXAMPLES_WASHER_H
#define EXAMPLES_WASHER_H

#include "../common/appliance.h"

extern const struct appliance washer_appliance;

#endif
