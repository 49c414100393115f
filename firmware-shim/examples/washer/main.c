/* The example washer as a program; --help tells what it can do. */
#include "washer.h"

int main(int argc, char **argv)
{
    return bench_main(argc, argv, &washer_appliance);
}
