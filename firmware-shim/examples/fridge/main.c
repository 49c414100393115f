/* The example fridge as a program; --help tells what it can do. */
#include "fridge.h"

int main(int argc, char **argv)
{
    return bench_main(argc, argv, &fridge_appliance);
}
