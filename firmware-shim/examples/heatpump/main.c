/* The example heat pump as a program; --help tells what it can do. */
#include "heatpump.h"

int main(int argc, char **argv)
{
    return bench_main(argc, argv, &heatpump_appliance);
}
