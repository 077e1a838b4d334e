#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The half of on_gpu that runs where the GPU is: it needs a driver, a shell and
# what lies beside it, and writes one JSON file.
#
# usage: run.sh RESULT.json [SECONDS]
set -u
cd "$(dirname "$0")" || exit 1
result=${1:?usage: run.sh RESULT.json [SECONDS]}
case $result in /*) ;; *) result=$OLDPWD/$result ;; esac
end=$(($(date +%s) + ${2:-420}))

# Text as a JSON string.
quote() {
  printf '"%s"' "$(sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/ /g' | tr '\n' ' ')"
}
# `first "$text"` is the text if it is a JSON object, else null.
object() { case $1 in "{"*) printf '%s' "$1" ;; *) printf null ;; esac; }

# expect NAME: what the case's outputs should be, as they were packed or as the
# program for CPUs computes them.
expect() {
  if [ -e "$1/expected.npz" ]; then
    cp "$1/expected.npz" expected.npz
  else
    # shellcheck disable=SC2086 # the flags of a case are words
    timeout 60 "$1/cpu" $flags --outputs expected.npz
  fi
}

# one NAME: compares NAME/cuda with what is expected, times it, traces its kernels.
one() {
  flags=$(cat "$1/flags")
  printf '{"name": "%s", ' "$1"
  start=$(date +%s)
  # shellcheck disable=SC2086 # the flags of a case are words
  if text=$(expect "$1" 2>&1); then
    text=$(timeout 60 "$1/cuda" $flags --check expected.npz 2>&1)
    code=$?
    printf '"check": %s, "code": %d, ' "$(printf '%s' "$text" | quote)" $code
    if [ $code -eq 0 ]; then
      text=$(timeout 60 "$1/cuda" $flags --bench --json 2>/dev/null)
      printf '"bench": %s, ' "$(object "$text")"
      rm -f trace.json
      timeout 60 "$1/cuda" $flags --iterations 3 --profile trace.json \
        >/dev/null 2>&1
      [ -s trace.json ] && printf '"trace": %s, ' "$(cat trace.json)"
    fi
  else
    printf '"check": %s, "code": -1, ' "$(printf '%s' "$text" | quote)"
  fi
  printf '"seconds": %d}' $(($(date +%s) - start))
}

{
  printf '{"machine": %s,\n "cases": [' "$( (nvidia-smi \
    --query-gpu=name,driver_version,compute_cap,memory.total,clocks.max.sm \
    --format=csv,noheader || uname -a) 2>/dev/null | quote)"
  comma=
  while read -r name; do
    printf '%s\n  ' "$comma"
    comma=,
    if [ "$(date +%s)" -lt $end ]; then
      one "$name"
    else
      printf '{"name": "%s", "check": "not run: time was over", "code": -2}' \
        "$name"
    fi
    echo "$name" >&2
  done <cases
  printf '\n]}\n'
} >"$result.partial" && mv "$result.partial" "$result"
