/* The fridge as an appliance that the bench can run. */
#ifndef EXAMPLES_FRIDGE_H
#define EXAMPLES_FRIDGE_H

#include "../common/appliance.h"

extern const struct appliance fridge_appliance;

#endif
