/* The C interface of a source in a shared object (plugin: shared): for drivers that must not be linked into kpid. One
 * entry, kpid_plugin_entry(), gives a struct of functions. What a poll is asked and what it answers are lines of JSON, the same
 * as those of a program (docs/exec.md). Compiles as C99 and C++; every struct says its size, so that it may grow.
 *
 * The code runs inside the daemon, with its rights and its memory: a program (plugin: exec) is safer and should be the
 * first choice. poll() is called from any thread, for one source by one thread at a time. No exception may leave it. */
#ifndef KPID_PLUGIN_H
#define KPID_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KPID_PLUGIN_VERSION 1

/* Where a poll's answer goes. */
struct kpid_answer {
  uint32_t size;
  void* context;
  /* One line of the answer: {"date": "2026-03-31", "values": {"visits": 12}}. Copied before it returns. The greeting is
   * not wanted. */
  void (*line)(void* context, const char* json, size_t length);
  /* Not 0: kpid is stopping, or the poll has taken too long; return soon. Look at least once a second. */
  int (*stopped)(void* context);
};

/* One kind of source. */
struct kpid_plugin {
  uint32_t version; /* KPID_PLUGIN_VERSION */
  uint32_t size;    /* sizeof(struct kpid_plugin) */
  const char* name;
  /* `settings` is the key `settings` of the source as JSON. NULL: it cannot be; a reason of at most `room` bytes, the
   * closing 0 among them, is in `error`. */
  void* (*open)(const char* settings, char* error, size_t room);
  /* `question` is one line of JSON. 0: the answer counts. */
  int (*poll)(void* source, const char* question, const struct kpid_answer* answer);
  void (*close)(void* source);
};

/* The one symbol that a shared object must have. */
const struct kpid_plugin* kpid_plugin_entry(void);

#ifdef __cplusplus
}
#endif

#endif
