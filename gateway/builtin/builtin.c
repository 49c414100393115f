#include "gateway/builtin/builtin.h"

#include "proto/system_metrics.h"

/* X(constant, English, German), one a metric of SYSTEM_METRICS. */
#define LABELS(X)                                                                                  \
    X(SYSTEM_CPU_BUSY, "Processor busy", "Prozessorlast")                                          \
    X(SYSTEM_LOAD, "System load", "Systemlast")                                                    \
    X(SYSTEM_MEMORY_AVAILABLE, "Memory available", "Freier Arbeitsspeicher")                       \
    X(SYSTEM_MEMORY_USED, "Memory used", "Belegter Arbeitsspeicher")                               \
    X(SYSTEM_DISK_FREE, "Storage free", "Freier Speicherplatz")                                    \
    X(SYSTEM_DISK_USED, "Storage used", "Belegter Speicherplatz")                                  \
    X(SYSTEM_FLASH_WEAR, "Flash wear", "Abnutzung des Flash-Speichers")                            \
    X(SYSTEM_TEMPERATURE, "Board temperature", "Temperatur der Elektronik")                        \
    X(SYSTEM_NET_UP, "Network up", "Netz verbunden")                                               \
    X(SYSTEM_NET_RECEIVED, "Network received", "Aus dem Netz empfangen")                           \
    X(SYSTEM_NET_SENT, "Network sent", "Ins Netz gesendet")                                        \
    X(SYSTEM_UPTIME, "Up for", "Laufzeit seit dem Start")                                          \
    X(SYSTEM_AGENT_MEMORY, "Agent memory", "Arbeitsspeicher des Agenten")

#define LABEL(constant, en, de)                                                                    \
    static const struct pack_label label_##constant[] = {{"en", en}, {"de", de}};
LABELS(LABEL)

#define PRECISION(exponent) ((exponent) == -2 ? 0.01 : (exponent) == -1 ? 0.1 : 1)
#define METRIC(constant, number, word, what, unit_, scale)                                         \
    {.id = (number),                                                                               \
     .name = (word),                                                                               \
     .unit = (unit_),                                                                              \
     .kind = (what),                                                                               \
     .purpose = PURPOSE_DIAGNOSIS,                                                                 \
     .precision = PRECISION(scale),                                                                \
     .exponent = (scale),                                                                          \
     .n_labels = 2,                                                                                \
     .labels = label_##constant},
static const struct pack_metric metrics[] = {SYSTEM_METRICS(METRIC)};

/* Titles are what lists show; a body is for those rules that tell the customer. */
static const struct pack_message messages[] = {
    {.name = "data_missing",
     .lang = "en",
     .title = "Data of this device is missing",
     .body = "",
     .support = "Data of the device is missing; {device_name} numbered batches that neither came "
                "nor were accounted for. Check its connection and its storage.",
     .manufacturer = "Data that a device had numbered neither came nor was accounted for."},
    {.name = "data_missing",
     .lang = "de",
     .title = "Daten dieses Geräts fehlen",
     .body = "",
     .support = "Daten des Geräts fehlen; {device_name} hat Pakete gezählt, die weder ankamen noch "
                "erklärt sind. Verbindung und Speicher prüfen.",
     .manufacturer = "Daten, die ein Gerät gezählt hatte, kamen weder an noch sind sie erklärt."},
    {.name = "cloned_device",
     .lang = "en",
     .title = "Two devices use the same identity",
     .body = "",
     .support = "Two devices use the same identity; block {device_name}, find the copy and give "
                "each its own keys.",
     .manufacturer = "Two devices use the same identity; keys were copied."},
    {.name = "cloned_device",
     .lang = "de",
     .title = "Zwei Geräte benutzen dieselbe Identität",
     .body = "",
     .support = "Zwei Geräte benutzen dieselbe Identität; {device_name} sperren, die Kopie finden "
                "und jedem eigene Schlüssel geben.",
     .manufacturer = "Zwei Geräte benutzen dieselbe Identität; Schlüssel wurden kopiert."},
    {.name = "device_offline",
     .lang = "en",
     .title = "The device is not heard",
     .body = "",
     .support = "The device is not heard; ask whether {device_name} has power and its network.",
     .manufacturer = "A device is not heard."},
    {.name = "device_offline",
     .lang = "de",
     .title = "Das Gerät meldet sich nicht",
     .body = "",
     .support = "Das Gerät meldet sich nicht; fragen, ob {device_name} Strom und Netz hat.",
     .manufacturer = "Ein Gerät meldet sich nicht."},
    {.name = "test_alert",
     .lang = "en",
     .title = "A test message about your appliance",
     .body = "If you can read this, messages about {device_name} reach you.",
     .support = "Test alert; nothing is wrong with {device_name}.",
     .manufacturer = "Test alert; nothing is wrong."},
    {.name = "test_alert",
     .lang = "de",
     .title = "Eine Testnachricht zu Ihrem Gerät",
     .body = "Wenn Sie das lesen, kommen Nachrichten über {device_name} bei Ihnen an.",
     .support = "Testalarm; mit {device_name} ist alles in Ordnung.",
     .manufacturer = "Testalarm; alles ist in Ordnung."},
};

static const struct pack pack = {
    .name = BUILTIN_PACK,
    .n_metrics = sizeof metrics / sizeof metrics[0],
    .metrics = metrics,
    .n_messages = sizeof messages / sizeof messages[0],
    .messages = messages,
};

const struct pack *builtin_pack(void)
{
    return &pack;
}

const struct pack_metric *builtin_metric(const struct pack *of, uint32_t id)
{
    const struct pack_metric *m = of ? pack_metric(of, id) : NULL;
    return m ? m : pack_metric(&pack, id);
}
