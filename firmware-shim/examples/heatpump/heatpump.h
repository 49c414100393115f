/* The heat pump as an appliance that the bench can run. */
#ifndef EXAMPLES_HEATPUMP_H
#define EXAMPLES_HEATPUMP_H

#include "../common/appliance.h"

extern const struct appliance heatpump_appliance;

#endif
