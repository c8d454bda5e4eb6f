/* A driver that says its settings back, in a problem. Settings that speak of "patient" have it wait until it is told to
 * stop, "deaf" for ever. */
#define _POSIX_C_SOURCE 200809L
#include "plugins/kpid_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void* open_source(const char* settings, char* error, size_t room) {
  char* kept = malloc(strlen(settings) + 1);
  if (kept == NULL) {
    snprintf(error, room, "no memory");
    return NULL;
  }
  return strcpy(kept, settings);
}

static int poll_source(void* source, const char* question, const struct kpid_answer* answer) {
  static const char row[] = "{\"date\": \"2026-03-01\", \"values\": {\"orders\": 1}}";
  char line[512] = "{\"problem\": \"told ";
  size_t length = strlen(line);
  const char* c = source;
  (void)question;
  while (strstr(source, "deaf") != NULL) {
    pause();
  }
  if (strstr(source, "patient") != NULL) {
    while (answer->stopped(answer->context) == 0) {
    }
    return 0;
  }
  for (; *c != 0 && length < sizeof line - 3; ++c) {
    if (*c != '"') {
      line[length++] = *c;
    }
  }
  line[length++] = '"';
  line[length++] = '}';
  answer->line(answer->context, line, length);
  answer->line(answer->context, row, sizeof row - 1);
  return 0;
}

static void close_source(void* source) {
  free(source);
}

const struct kpid_plugin* kpid_plugin_entry(void) {
  static const struct kpid_plugin plugin = {
      KPID_PLUGIN_VERSION, sizeof(struct kpid_plugin), "echo", open_source, poll_source, close_source};
  return &plugin;
}
