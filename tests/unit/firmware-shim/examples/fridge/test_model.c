/* The fridge keeps cold for a week, and each trouble shows where a technician would
 * look for it. Model and firmware run together on virtual time. */
#include "firmware-shim/examples/fridge/firmware.h"
#include "firmware-shim/examples/fridge/tocsin_fridge.h"
#include "tests/support/cu.h"

#include <math.h>

#define DAY_S 86400L

static struct fridge_model model;
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

struct week {
    double warmest, coldest, freezer_mean, evaporator_min, duty;
};

static struct fridge_outputs out;
static long second;

static void begin(void)
{
    for (int i = 0; i < 64; i++)
        raised[i] = 0;
    clock_ms = 0;
    second = 0;
    out = (struct fridge_outputs){0};
    frame_reader_init(&reader, reader_buf, sizeof reader_buf);
    shim_init(&shim, &config, 1, MESSAGE_RESET_POWER, NULL);
    fridge_model_init(&model, 5);
    fridge_firmware_start(&shim, 60);
}

static struct week live(long seconds)
{
    struct week w = {-99, 99, 0, 99, 0};
    for (long i = 0; i < seconds; i++, second++) {
        clock_ms += 1000;
        fridge_model_step(&model, out, 1, (double)(second % DAY_S));
        struct fridge_inputs in = fridge_model_read(&model, out);
        out = fridge_firmware_tick(&in, 1);
        shim_poll(&shim);
        w.warmest = fmax(w.warmest, model.cabinet_celsius);
        w.coldest = fmin(w.coldest, model.cabinet_celsius);
        w.evaporator_min = fmin(w.evaporator_min, model.evaporator_celsius);
        w.freezer_mean += model.freezer_celsius / (double)seconds;
        w.duty += (out.compressor ? 1.0 : 0.0) / (double)seconds;
    }
    return w;
}

static void a_good_fridge_keeps_cold_and_quiet(void)
{
    begin();
    live(DAY_S);
    struct week w = live(6 * DAY_S);
    CU_ASSERT(w.warmest < 8 && w.coldest > 2);
    CU_ASSERT(w.freezer_mean < -15 && w.freezer_mean > -22);
    CU_ASSERT(w.duty > 0.2 && w.duty < 0.6);
    for (int i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(raised[i] > 0, 0);
}

static void a_worn_seal_costs_running_time(void)
{
    begin();
    live(DAY_S);
    double before = live(2 * DAY_S).duty;
    fridge_model_trouble(&model, FRIDGE_SEAL_WEAR, 1);
    live(7 * DAY_S);
    CU_ASSERT(live(2 * DAY_S).duty > before + 0.05);
    fridge_model_trouble(&model, FRIDGE_SEAL_WEAR, 0);
    live(DAY_S);
    CU_ASSERT(live(2 * DAY_S).duty < before + 0.05);
}

static void ice_makes_the_evaporator_colder(void)
{
    begin();
    double before = live(DAY_S).evaporator_min;
    fridge_model_trouble(&model, FRIDGE_ICING, 1);
    live(DAY_S);
    CU_ASSERT(live(DAY_S).evaporator_min < before - 8);
    CU_ASSERT(model.ice > 0.5);
}

static void a_drifting_probe_warms_the_freezer(void)
{
    begin();
    live(DAY_S);
    double before = live(DAY_S).freezer_mean;
    fridge_model_trouble(&model, FRIDGE_SENSOR_DRIFT, 1);
    live(5 * DAY_S);
    CU_ASSERT(live(DAY_S).freezer_mean > before + 1.5);
    CU_ASSERT(model.drift_kelvin > 2.5);
}

static void a_welded_relay_draws_power_when_told_to_stop(void)
{
    begin();
    fridge_model_trouble(&model, FRIDGE_RELAY_STUCK, 1);
    live(DAY_S);
    struct fridge_inputs in = fridge_model_read(&model, (struct fridge_outputs){0});
    CU_ASSERT(in.power_watt > 60);
    CU_ASSERT(model.freezer_celsius < -25);
}

static void open_parts_are_faults_at_once_and_repairs_clear_them(void)
{
    static const struct {
        enum fridge_trouble trouble;
        int fault;
    } cases[] = {{FRIDGE_HEATER_OPEN, TOCSIN_FAULT_DEFROST_HEATER_OPEN},
                 {FRIDGE_SENSOR_BROKEN, TOCSIN_FAULT_CABINET_SENSOR_FAILED},
                 {FRIDGE_FAN_BLOCKED, TOCSIN_FAULT_FAN_STALLED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        live(7200);
        fridge_model_trouble(&model, cases[i].trouble, 1);
        live(cases[i].trouble == FRIDGE_FAN_BLOCKED ? 7200 : 1); /* it has to run first */
        CU_ASSERT_EQUAL(raised[cases[i].fault], 1);
        fridge_model_trouble(&model, cases[i].trouble, 0);
        live(7200);
        CU_ASSERT_EQUAL(raised[cases[i].fault], -1);
    }
}

static void without_its_probe_it_still_cools(void)
{
    begin();
    fridge_model_trouble(&model, FRIDGE_SENSOR_BROKEN, 1);
    struct week w = live(3 * DAY_S);
    CU_ASSERT(w.warmest < 14 && w.coldest > -12);
}

TESTS(STORY(a_good_fridge_keeps_cold_and_quiet), STORY(a_worn_seal_costs_running_time),
      STORY(ice_makes_the_evaporator_colder), STORY(a_drifting_probe_warms_the_freezer),
      STORY(a_welded_relay_draws_power_when_told_to_stop),
      STORY(open_parts_are_faults_at_once_and_repairs_clear_them),
      STORY(without_its_probe_it_still_cools))
