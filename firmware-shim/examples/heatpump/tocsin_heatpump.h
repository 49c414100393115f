/* Ids of the pack "heatpump", revision 1. Made by `tocsin pack header`; do not edit. */
#ifndef TOCSIN_HEATPUMP_H
#define TOCSIN_HEATPUMP_H

#define TOCSIN_OUTDOOR_TEMP      1
#define TOCSIN_FLOW_TEMP         2
#define TOCSIN_RETURN_TEMP       3
#define TOCSIN_SUCTION_PRESSURE  4
#define TOCSIN_DISCHARGE_TEMP    5
#define TOCSIN_COMPRESSOR_ON     6
#define TOCSIN_SUPERHEAT         7
#define TOCSIN_PUMP_FLOW         8
#define TOCSIN_POWER             9
#define TOCSIN_HEAT              10
#define TOCSIN_ENERGY            11
#define TOCSIN_DEFROSTING        12
#define TOCSIN_COIL_TEMP         13
#define TOCSIN_FAN_SPEED         14
#define TOCSIN_ROOM_TEMP         15
#define TOCSIN_COMPRESSOR_STARTS 16

#define TOCSIN_FAULT_LOW_PRESSURE          41
#define TOCSIN_FAULT_PUMP_STALLED          42
#define TOCSIN_FAULT_DISCHARGE_TOO_HOT     43
#define TOCSIN_FAULT_REVERSING_VALVE_STUCK 44
#define TOCSIN_FAULT_FAN_BLOCKED           45
#define TOCSIN_FAULT_OUTDOOR_SENSOR_FAILED 46

#define TOCSIN_CYCLE_DEFROST 1
#define TOCSIN_CYCLE_HEATING 2

#define TOCSIN_ACTION_DEFROST_NOW   1
#define TOCSIN_ACTION_SELF_TEST     2
#define TOCSIN_ACTION_RESET_LOCKOUT 3

#endif
