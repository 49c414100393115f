#include "net/device/link_device.h"
#include "tests/wire/link/flavour.h"

const bool flavour_is_device = true;

int flavour_open(struct loop *loop, const struct link_config *config,
                 const struct link_events *events, struct link *ret_link, struct err *e)
{
    return link_device_open(loop, config, events, ret_link, e);
}
