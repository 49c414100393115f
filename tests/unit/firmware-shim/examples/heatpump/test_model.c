/* The heat pump keeps a house warm, and each trouble shows where a technician would
 * look for it, in the circuit that has it. Virtual time. */
#include "firmware-shim/examples/heatpump/firmware.h"
#include "firmware-shim/examples/heatpump/tocsin_heatpump.h"
#include "tests/support/cu.h"

#include <math.h>

#define DAY_S 86400L

static struct heatpump_model model;
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

static struct heatpump_outputs out;
static long second;

static void begin(void)
{
    for (int i = 0; i < 64; i++)
        raised[i] = 0;
    clock_ms = 0;
    second = 0;
    out = (struct heatpump_outputs){.pump = true};
    frame_reader_init(&reader, reader_buf, sizeof reader_buf);
    shim_init(&shim, &config, 1, MESSAGE_RESET_POWER, NULL);
    heatpump_model_init(&model, 5);
    heatpump_firmware_start(&shim, 60);
}

struct days {
    double coldest_room, coil_gap, superheat[HEATPUMP_CIRCUITS], flow;
    long on[HEATPUMP_CIRCUITS], defrosts;
};

static struct days live(long seconds)
{
    struct days d = {.coldest_room = 99};
    bool was = out.reverse;
    for (long i = 0; i < seconds; i++, second++) {
        clock_ms += 1000;
        heatpump_model_step(&model, out, 1, (double)(second % DAY_S));
        struct heatpump_inputs in = heatpump_model_read(&model, out);
        for (int c = 0; c < HEATPUMP_CIRCUITS; c++) {
            d.on[c] += out.compressor[c];
            d.superheat[c] += out.compressor[c] ? in.superheat_kelvin[c] : 0;
        }
        d.flow += in.flow_liter_min / (double)seconds;
        d.coil_gap = fmax(d.coil_gap, model.outdoor_celsius - model.coil_celsius);
        d.coldest_room = fmin(d.coldest_room, model.room_celsius);
        out = heatpump_firmware_tick(&in, 1);
        d.defrosts += out.reverse && !was;
        was = out.reverse;
        shim_poll(&shim);
    }
    for (int c = 0; c < HEATPUMP_CIRCUITS; c++)
        d.superheat[c] /= d.on[c] ? (double)d.on[c] : 1;
    return d;
}

static int faults_raised(void)
{
    int n = 0;
    for (int i = 0; i < 64; i++)
        n += raised[i] > 0;
    return n;
}

static void a_good_heat_pump_keeps_the_house_warm(void)
{
    begin();
    struct days d = live(7 * DAY_S);
    CU_ASSERT(d.coldest_room > 19.5);
    CU_ASSERT(d.on[0] > DAY_S && d.on[1] > 0);
    CU_ASSERT(d.flow > 26);
    CU_ASSERT(d.superheat[0] > 5 && d.superheat[0] < 7);
    CU_ASSERT(d.defrosts > 0 && d.defrosts < 120);
    CU_ASSERT_EQUAL(faults_raised(), 0);
}

static void a_leak_shows_in_its_own_circuit(void)
{
    begin();
    heatpump_model_trouble(&model, HEATPUMP_LEAK_RIGHT, 1);
    live(4 * DAY_S);
    struct days d = live(2 * DAY_S);
    CU_ASSERT(d.superheat[1] > 8.5);
    CU_ASSERT(d.superheat[0] < 7);
    CU_ASSERT(model.charge[1] < 0.85 && model.charge[0] >= 1);
}

static void a_burst_locks_one_circuit_and_the_other_heats_on(void)
{
    begin();
    live(DAY_S / 4);
    heatpump_model_trouble(&model, HEATPUMP_BURST, 1);
    live(1);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_LOW_PRESSURE], 1);
    struct days d = live(2 * DAY_S);
    CU_ASSERT_EQUAL(d.on[0], 0);
    CU_ASSERT(d.on[1] > DAY_S / 4);
    heatpump_model_trouble(&model, HEATPUMP_BURST, 0);
    live(60);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_LOW_PRESSURE], -1);
}

static void a_pump_wears_and_a_seized_one_is_a_fault(void)
{
    begin();
    heatpump_model_trouble(&model, HEATPUMP_PUMP_WEAR, 1);
    live(5 * DAY_S);
    CU_ASSERT(live(DAY_S).flow < 21);
    CU_ASSERT_EQUAL(faults_raised(), 0);
    heatpump_model_trouble(&model, HEATPUMP_PUMP_SEIZED, 1);
    live(10);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_PUMP_STALLED], 1);
    live(DAY_S / 24);
    CU_ASSERT_FALSE(out.compressor[0] || out.compressor[1]);
    heatpump_model_trouble(&model, HEATPUMP_PUMP_SEIZED, 0);
    live(10);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_PUMP_STALLED], -1);
}

static void dirt_keeps_the_air_from_the_coil(void)
{
    begin();
    double before = live(2 * DAY_S).coil_gap;
    heatpump_model_trouble(&model, HEATPUMP_FAN_DIRT, 2);
    live(4 * DAY_S);
    CU_ASSERT(live(DAY_S).coil_gap > before);
    CU_ASSERT(model.dirt > 0.5);
}

static void a_stuck_valve_is_found_when_it_should_defrost(void)
{
    begin();
    heatpump_model_trouble(&model, HEATPUMP_VALVE_STUCK, 1);
    live(7 * DAY_S);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_REVERSING_VALVE_STUCK], 1);
}

static void an_open_probe_is_a_fault_at_once(void)
{
    begin();
    heatpump_model_trouble(&model, HEATPUMP_SENSOR_BROKEN, 1);
    live(1);
    CU_ASSERT_EQUAL(raised[TOCSIN_FAULT_OUTDOOR_SENSOR_FAILED], 1);
    CU_ASSERT(live(DAY_S).coldest_room > 19);
}

TESTS(STORY(a_good_heat_pump_keeps_the_house_warm), STORY(a_leak_shows_in_its_own_circuit),
      STORY(a_burst_locks_one_circuit_and_the_other_heats_on),
      STORY(a_pump_wears_and_a_seized_one_is_a_fault), STORY(dirt_keeps_the_air_from_the_coil),
      STORY(a_stuck_valve_is_found_when_it_should_defrost), STORY(an_open_probe_is_a_fault_at_once))
