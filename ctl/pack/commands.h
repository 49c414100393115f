/* `tocsin pack build|check|header` and `tocsin rules test`. argv[0] is the
 * subcommand's name; they return its exit status. */
#ifndef CTL_PACK_COMMANDS_H
#define CTL_PACK_COMMANDS_H

int cmd_pack(int argc, char **argv);
int cmd_rules(int argc, char **argv);

#endif
