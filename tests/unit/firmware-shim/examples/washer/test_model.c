/* The washer washes, and each trouble shows where a technician would look for it.
 * Model and firmware run together on virtual time. */
#include "firmware-shim/examples/washer/firmware.h"
#include "firmware-shim/examples/washer/tocsin_washer.h"
#include "tests/support/cu.h"

#include <string.h>

#define DAY_S 86400L

static struct washer_model model;
static struct shim shim;
static uint32_t clock_ms;
static struct frame_reader reader;
static uint8_t reader_buf[FRAME_BYTES_MAX];
static int raised[64]; /* by fault id: 1 raised, -1 cleared since */

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return clock_ms;
}

static size_t line_write(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        struct message_up m;
        if (frame_feed(&reader, bytes[i]) == FRAME_READY &&
            message_up_decode(reader.payload, reader.payload_len, &m) == MESSAGE_OK &&
            m.kind == MESSAGE_FAULT && m.id < 64)
            raised[m.id] = m.u.fault.active ? 1 : -1;
    }
    return len;
}

static size_t line_read(void *ctx, uint8_t *bytes, size_t size)
{
    (void)ctx, (void)bytes, (void)size;
    return 0;
}

static const struct shim_platform platform = {
    .now_ms = now_ms, .write = line_write, .read = line_read};
static const struct shim_identity identity = {.source = "main"};
static const struct shim_config config = {.platform = &platform, .identity = &identity};

static struct washer_outputs out;
static long second;

static void begin(void)
{
    for (int i = 0; i < 64; i++)
        raised[i] = 0;
    clock_ms = 0;
    second = 0;
    out = (struct washer_outputs){0};
    frame_reader_init(&reader, reader_buf, sizeof reader_buf);
    shim_init(&shim, &config, 1, MESSAGE_RESET_POWER, NULL);
    washer_model_init(&model, 5);
    washer_firmware_start(&shim, 60);
}

static void live(long seconds)
{
    for (long i = 0; i < seconds; i++, second++) {
        clock_ms += 1000;
        washer_model_step(&model, out, 1);
        struct washer_inputs in = washer_model_read(&model, out);
        out = washer_firmware_tick(&in, 1);
        shim_poll(&shim);
    }
}

static bool phase_is(const char *name)
{
    return strcmp(washer_firmware_phase(), name) == 0;
}

/* Runs one program to its end; how long it was in one phase. */
static long wash(const char *phase)
{
    long in_phase = 0;
    CU_ASSERT(washer_firmware_press_start());
    for (long i = 0; i < DAY_S / 4 && !phase_is("idle"); i++) {
        in_phase += phase_is(phase);
        live(1);
    }
    CU_ASSERT(phase_is("idle"));
    live(60); /* the drum comes to rest */
    return in_phase;
}

static int faults_raised(void)
{
    int n = 0;
    for (int i = 0; i < 64; i++)
        n += raised[i] > 0;
    return n;
}

static void a_good_washer_washes_and_is_quiet(void)
{
    begin();
    CU_ASSERT(phase_is("idle"));
    long drains = wash("drain");
    CU_ASSERT(drains > 150 && drains < 260); /* three times about a minute */
    CU_ASSERT(model.level_liter < 1);
    CU_ASSERT(model.used_liter > 40 && model.used_liter < 55);
    CU_ASSERT_FALSE(model.locked);
    CU_ASSERT_FALSE(washer_firmware_press_start() && washer_firmware_press_start());
    CU_ASSERT_EQUAL(faults_raised(), 0);
}

static void a_clogging_drain_slows_and_then_stops_it(void)
{
    begin();
    washer_model_trouble(&model, WASHER_DRAIN_CLOG, 3);
    long first = wash("drain"), later = 0;
    for (int i = 0; i < 20 && !faults_raised(); i++)
        later = wash("drain");
    CU_ASSERT(later > first);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_DRAIN_BLOCKED], 1);
    CU_ASSERT(model.level_liter > 1);
    washer_model_trouble(&model, WASHER_DRAIN_CLOG, 0);
    wash("drain");
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_DRAIN_BLOCKED], -1);
}

static void a_worn_bearing_shakes_when_it_spins(void)
{
    begin();
    washer_model_trouble(&model, WASHER_BEARING_WEAR, 1);
    for (int i = 0; i < 12; i++)
        wash("spin");
    CU_ASSERT(model.bearing > 0.4);
    struct washer_inputs still = washer_model_read(&model, out);
    CU_ASSERT(still.vibration_mm_s < 0.5);
    model.drum_rpm = 1200;
    CU_ASSERT(washer_model_read(&model, out).vibration_mm_s > 4.5);
}

static void lime_and_a_weak_inlet_take_time(void)
{
    begin();
    long heats = wash("heat"), fills = wash("fill");
    washer_model_trouble(&model, WASHER_HEATER_SCALE, 1);
    washer_model_trouble(&model, WASHER_INLET_WEAK, 5);
    live(DAY_S);
    for (int i = 0; i < 4; i++)
        wash("heat");
    CU_ASSERT(wash("heat") > heats + 60);
    CU_ASSERT(wash("fill") > fills + 60);
}

static void broken_parts_are_faults(void)
{
    static const struct {
        enum washer_trouble trouble;
        int fault;
    } cases[] = {{WASHER_HEATER_OPEN, TOCSIN_FAULT_HEATER_FAILED},
                 {WASHER_DRAIN_BLOCKED, TOCSIN_FAULT_DRAIN_BLOCKED},
                 {WASHER_LOCK_STUCK, TOCSIN_FAULT_DOOR_LOCK_STUCK},
                 {WASHER_INLET_CLOSED, TOCSIN_FAULT_NO_WATER},
                 {WASHER_LEAK, TOCSIN_FAULT_WATER_LEAK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        washer_model_trouble(&model, cases[i].trouble, 1);
        wash("spin");
        CU_ASSERT_EQUAL(raised[cases[i].fault], 1);
        CU_ASSERT_EQUAL(faults_raised(), 1);
    }
}

static void an_open_heater_is_seen_at_once(void)
{
    begin();
    washer_model_trouble(&model, WASHER_HEATER_OPEN, 1);
    live(1);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_HEATER_FAILED], 1);
    washer_model_trouble(&model, WASHER_HEATER_OPEN, 0);
    live(60);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_HEATER_FAILED], -1);
}

TESTS(STORY(a_good_washer_washes_and_is_quiet), STORY(a_clogging_drain_slows_and_then_stops_it),
      STORY(a_worn_bearing_shakes_when_it_spins), STORY(lime_and_a_weak_inlet_take_time),
      STORY(broken_parts_are_faults), STORY(an_open_heater_is_seen_at_once))
