/* Ids of the pack "washer", revision 1. Made by `tocsin pack header`; do not edit. */
#ifndef TOCSIN_WASHER_H
#define TOCSIN_WASHER_H

#define TOCSIN_WATER_LEVEL     1
#define TOCSIN_WATER_TEMP      2
#define TOCSIN_DRUM_SPEED      3
#define TOCSIN_POWER           4
#define TOCSIN_SPIN_VIBRATION  5
#define TOCSIN_DRAIN_TIME      6
#define TOCSIN_FILL_TIME       7
#define TOCSIN_HEATING_TIME    8
#define TOCSIN_DOOR_LOCKED     9
#define TOCSIN_PROGRAM_RUNNING 10
#define TOCSIN_PUMP_ON         11
#define TOCSIN_ENERGY          12
#define TOCSIN_WATER_USED      13
#define TOCSIN_VALVE_OPEN      14

#define TOCSIN_FAULT_DRAIN_BLOCKED   31
#define TOCSIN_FAULT_DOOR_LOCK_STUCK 32
#define TOCSIN_FAULT_NO_WATER        33
#define TOCSIN_FAULT_HEATER_FAILED   34
#define TOCSIN_FAULT_WATER_LEAK      35

#define TOCSIN_CYCLE_WASH 1
#define TOCSIN_CYCLE_SPIN 2

#define TOCSIN_ACTION_DRAIN_NOW 1
#define TOCSIN_ACTION_SELF_TEST 2
#define TOCSIN_ACTION_STOP      3

#endif
