/* What the feed tells of an alert beside what the line wrote: its headline, which
 * only those who know the packs can say. */
#include "gateway/api/rest/call.h"
#include "gateway/people/words.h"

static const char *text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

char *rest_dress(void *arg, const char *type, const char *json)
{
    const struct rest *rest = arg;
    if (strncmp(type, "alert.", 6) != 0)
        return NULL;
    json_t *root = json_loads(json, 0, NULL);
    json_t *alert = json_object_get(root, "alert");
    if (!alert) {
        json_decref(root);
        return NULL;
    }
    struct words w = {.pack = pack_of(rest, text(alert, "pack")),
                      .rule = text(alert, "rule"),
                      .message = text(alert, "message"),
                      .device = text(alert, "device"),
                      .model = "",
                      .device_name = "",
                      .evidence = json_object_get(alert, "evidence")};
    struct buf line;
    buf_init(&line, 8192);
    words_headline(&w, &line);
    json_object_set_new(alert, "headline", out_text(buf_cstr(&line)));
    buf_free(&line);
    char *dressed = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return dressed;
}
