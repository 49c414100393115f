/* Ids of the pack "fridge", revision 1. Made by `tocsin pack header`; do not edit. */
#ifndef TOCSIN_FRIDGE_H
#define TOCSIN_FRIDGE_H

#define TOCSIN_CABINET_TEMP      1
#define TOCSIN_COMPRESSOR_ON     2
#define TOCSIN_DOOR_OPEN         3
#define TOCSIN_ENERGY            4
#define TOCSIN_FREEZER_TEMP      5
#define TOCSIN_AMBIENT_TEMP      6
#define TOCSIN_POWER             7
#define TOCSIN_EVAPORATOR_TEMP   8
#define TOCSIN_DEFROST_HEATER_ON 9
#define TOCSIN_FAN_SPEED         10
#define TOCSIN_DOOR_OPENINGS     11
#define TOCSIN_SETPOINT          12

#define TOCSIN_FAULT_DEFROST_HEATER_OPEN   21
#define TOCSIN_FAULT_CABINET_SENSOR_FAILED 22
#define TOCSIN_FAULT_FAN_STALLED           23
#define TOCSIN_FAULT_DEFROST_TIMEOUT       24

#define TOCSIN_CYCLE_DEFROST 1

#define TOCSIN_ACTION_DEFROST_NOW 1
#define TOCSIN_ACTION_SELF_TEST   2
#define TOCSIN_ACTION_FAST_COOL   3

#endif
