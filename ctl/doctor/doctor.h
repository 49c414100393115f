/* tocsin doctor: looks at an agent's or a gateway's surroundings from where it runs
 * and says, a line each, what is fine, what is not, and what to do about it. It
 * disturbs nothing: no mail is sent, files are only read (a folder is tried with a
 * file that never gets a name), and a broker session is opened only while the
 * program itself has none. */
#ifndef CTL_DOCTOR_DOCTOR_H
#define CTL_DOCTOR_DOCTOR_H

/* `tocsin doctor agent|gateway`. Returns the exit status: 0 all is fine, 1 something
 * is not, 2 usage or settings that cannot be read. */
int cmd_doctor(int argc, char **argv);

#endif
