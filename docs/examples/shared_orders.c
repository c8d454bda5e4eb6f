/* A source in a shared object: counts what it is told to count.
 *   cc -shared -fPIC -I/usr/include/kpid -o orders.so shared_orders.c
 *   {plugin: shared, library: /usr/lib/kpid/plugins/orders.so, settings: {count: "12"}, metrics: {orders: {kind: flow}}} */
#include "plugins/kpid_plugin.h" /* installed: "kpid_plugin.h" */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void* open_source(const char* settings, char* error, size_t room) {
  const char* found = strstr(settings, "\"count\":\"");
  long* count = NULL;
  if (found == NULL) {
    snprintf(error, room, "settings wants count: a number");
    return NULL;
  }
  count = malloc(sizeof *count);
  if (count != NULL) {
    *count = strtol(found + 9, NULL, 10);
  }
  return count;
}

static int poll_source(void* source, const char* question, const struct kpid_answer* answer) {
  char line[128];
  const int length =
      snprintf(line, sizeof line, "{\"date\": \"2026-03-01\", \"values\": {\"orders\": %ld}}", *(long*)source);
  (void)question;
  if (answer->stopped(answer->context)) {
    return 1;
  }
  answer->line(answer->context, line, (size_t)length);
  return 0;
}

static void close_source(void* source) {
  free(source);
}

const struct kpid_plugin* kpid_plugin_entry(void) {
  static const struct kpid_plugin plugin = {KPID_PLUGIN_VERSION, sizeof(struct kpid_plugin), "orders",
                                            open_source,         poll_source,                close_source};
  return &plugin;
}
