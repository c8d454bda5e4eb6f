#!/bin/sh
# An exec source in shell: the lines of a log, counted by day.
#   {plugin: exec, command: [./orders.sh, orders.log], read: [orders.log], metrics: {orders: {kind: flow}}}
set -eu
read -r question                       # what is asked, one line of JSON; this program gives all it has
echo '{"kpid": 1}'
if ! [ -r "$1" ]; then
  echo '{"error": "the log cannot be read"}'
  exit 1
fi
cut -c 1-10 "$1" | sort | uniq -c | while read -r count day; do
  echo "{\"date\": \"$day\", \"values\": {\"orders\": $count}}"
done
