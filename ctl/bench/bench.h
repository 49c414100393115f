/* The bench's hands: a reading sent as firmware would, and a fault provoked in an
 * example appliance. Each returns its exit status. */
#ifndef CTL_BENCH_BENCH_H
#define CTL_BENCH_BENCH_H

/* tocsin send: one reading or fault by hand, to try a pack without firmware. */
int cmd_send(int argc, char **argv);
/* tocsin fault: one command to an appliance's control socket. */
int cmd_fault(int argc, char **argv);

#endif
