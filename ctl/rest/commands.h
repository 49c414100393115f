/* The subcommands that ask the gateway's API. Each returns its exit status. */
#ifndef CTL_REST_COMMANDS_H
#define CTL_REST_COMMANDS_H

int cmd_alerts(int argc, char **argv);    /* list, show, ack, snooze, resolve, note, follow, test */
int cmd_devices(int argc, char **argv);   /* list, show, set */
int cmd_customers(int argc, char **argv); /* show, put, owner */
int cmd_webhooks(int argc, char **argv);  /* list, put, delete */
int cmd_outbox(int argc, char **argv);    /* list, replay */
int cmd_status(int argc, char **argv);

int devices_set(int argc, char **argv); /* of cmd_devices */

#endif
