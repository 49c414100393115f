#include "net/paho/inbox.h"

#include <stdlib.h>

void inbox_init(struct inbox *in, size_t max_bytes, void (*wake)(void *arg), void *arg)
{
    *in = (struct inbox){.max_bytes = max_bytes, .wake = wake, .arg = arg};
    pthread_mutex_init(&in->lock, NULL);
    in->last = &in->first;
}

void inbox_done(struct inbox *in)
{
    struct event *next;
    for (struct event *event = inbox_take(in); event; event = next) {
        next = event->next;
        inbox_give_back(in, event);
    }
    pthread_mutex_destroy(&in->lock);
}

static void append_locked(struct inbox *in, struct event *event)
{
    event->next = NULL;
    event->waiting = true;
    *in->last = event;
    in->last = &event->next;
}

void inbox_post(struct inbox *in, struct event *event)
{
    pthread_mutex_lock(&in->lock);
    if (!event->waiting)
        append_locked(in, event);
    pthread_mutex_unlock(&in->lock);
    in->wake(in->arg);
}

static struct event *copy_message(struct slice topic, struct slice payload)
{
    struct event *event = calloc(1, sizeof *event + topic.len + payload.len);
    if (!event)
        return NULL;
    uint8_t *at = (uint8_t *)(event + 1);
    memcpy(at, topic.ptr, topic.len);
    if (payload.len)
        memcpy(at + topic.len, payload.ptr, payload.len);
    event->type = EV_MESSAGE;
    event->topic = slice_of(at, topic.len);
    event->payload = slice_of(at + topic.len, payload.len);
    return event;
}

static size_t bytes_of(struct slice topic, struct slice payload)
{
    return sizeof(struct event) + topic.len + payload.len;
}

void inbox_message(struct inbox *in, struct slice topic, struct slice payload)
{
    size_t bytes = bytes_of(topic, payload);
    pthread_mutex_lock(&in->lock);
    struct event *event =
        in->used_bytes + bytes <= in->max_bytes ? copy_message(topic, payload) : NULL;
    if (event) {
        in->used_bytes += bytes;
        append_locked(in, event);
    } else {
        in->dropped++;
    }
    pthread_mutex_unlock(&in->lock);
    in->wake(in->arg);
}

struct event *inbox_take(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    struct event *first = in->first;
    in->first = NULL;
    in->last = &in->first;
    pthread_mutex_unlock(&in->lock);
    return first;
}

void inbox_give_back(struct inbox *in, struct event *event)
{
    pthread_mutex_lock(&in->lock);
    event->waiting = false;
    if (event->type == EV_MESSAGE)
        in->used_bytes -= bytes_of(event->topic, event->payload);
    pthread_mutex_unlock(&in->lock);
    if (event->type == EV_MESSAGE)
        free(event);
}

uint64_t inbox_dropped(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    uint64_t dropped = in->dropped;
    pthread_mutex_unlock(&in->lock);
    return dropped;
}
