# shellcheck shell=bash disable=SC2034,SC2154 # The scripts that source this use its variables.
#
# What the scripts of this folder share: an *instance* is one broker, one Redis and their workers.
# To be sourced by them, never run. It sets these variables:
#
#   root      the top of the checkout
#   here      this folder
#   cache     the folder of what all instances of the checkout share: jars, Python packages
#   folder    the instance's folder as the caller names it
#   state     the same as an absolute path, once it is open
#   setting   what the instance was started with: partitions, workers, clock, policies, build; and
#             whether its topics were made
#   port      the port of each process, by its name
#
# A process is called `kafka`, `redis` or KIND-SLOT, as in `allocator-2`. The folder of an instance:
#
#   conf/ run/ log/ data/    one configuration, pid file, log and data folder a process
#   own/                     what somebody adds to the configuration of a process, a file a process
#   settings ports           what has to stay as it is from one start to the next
#   env                      the addresses, to be sourced by people and tests
#
# The folder itself is the lock of the instance, so nothing needs to be cleaned up to unlock it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/deploy/local
cache=$root/.local/cache
script=${0##*/}

readonly operator_program=workers/shortfall/shortfall # A path in the build folder.
readonly kinds=(sequencer allocator caseworker)
readonly start_deadline_ms=30000
readonly stop_deadline_ms=30000

declare -A setting=() port=()
folder=${SHORTFALL_STATE:-$root/.local}
state=""
taken=0

say() { printf '%s: %s\n' "$script" "$*"; }

fail() {
    printf '%s: %s\n' "$script" "$*" >&2
    exit 1
}

# Prints the comment at the head of the script, which is its manual.
manual() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

# A wrong call ends with 64, as sysexits.h has it, so that it can't be taken for a failure to run.
misuse() {
    printf '%s: %s (deploy/local/%s --help explains)\n' "$script" "$*" "$script" >&2
    exit 64
}

# Reads what all scripts understand; what is a script's own goes to its function take_argument,
# which says in `taken` how many words it took.
read_arguments() {
    while (($# > 0)); do
        taken=1
        case $1 in
            --help)
                manual
                exit
                ;;
            --state)
                require_value "$@"
                folder=$2
                taken=2
                ;;
            *) take_argument "$@" ;;
        esac
        shift "$taken"
    done
}

require_value() { # OPTION [VALUE]...
    (($# >= 2)) || misuse "$1 needs a value"
}

require_count() { # OPTION VALUE
    [[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || misuse "$1 takes a number from 1 to 999, not '$2'"
}

now_ms() {
    local us=${EPOCHREALTIME/[.,]/}
    printf '%s' $((us / 1000))
}

# Tries a check again and again until it holds; fails when the time is over.
wait_until() { # MILLISECONDS CHECK...
    local end=$(($(now_ms) + $1))
    shift
    until "$@"; do
        (($(now_ms) < end)) || return 1
        sleep 0.02
    done
}

# --- the instance ---

# Opens an instance's folder, makes it when there is none, and holds its lock.
instance_open() {
    mkdir -p "$folder" || fail "can't make the state folder $folder: choose another with --state"
    state=$(cd "$folder" && pwd)
    exec 9<"$state"
    instance_lock
    read_pairs "$state/settings" setting
    read_pairs "$state/ports" port
}

# As instance_open, for the commands that need an instance which `up` has made.
instance_open_existing() {
    [[ -f $folder/settings ]] ||
        fail "there is no instance in $folder: start one with deploy/local/up --state $folder"
    instance_open
}

instance_lock() {
    flock -w 120 9 ||
        fail "another command has held $state for two minutes: wait for it, or end it, and try again"
}

# Waiting for readiness can take long, and must not keep a test from killing what is waited for.
instance_unlock() { flock -u 9; }

# Held while something is put into the cache, because any command of the checkout may be the first.
cache_lock() {
    mkdir -p "$cache"
    exec 8<"$cache"
    flock -w 300 8 || fail "another command has held $cache for five minutes: end it and try again"
}

cache_unlock() { exec 8<&-; }

read_pairs() { # FILE ARRAY_NAME
    local -n pairs=$2
    local key value
    [[ -f $1 ]] || return 0
    while IFS='=' read -r key value; do pairs["$key"]=$value; done <"$1"
}

# Writes a whole file or none, so that a reader or a crash never sees half of one.
write_file() { # FILE (text on stdin)
    cat >"$1.new"
    mv "$1.new" "$1"
}

settings_save() {
    local key
    for key in "${!setting[@]}"; do printf '%s=%s\n' "$key" "${setting[$key]}"; done |
        sort | write_file "$state/settings"
}

# The names of the instance's workers, in the order in which facts pass through them.
worker_names() {
    local kind
    for kind in "${kinds[@]}"; do
        find "$state/conf" -name "$kind-*.conf" -printf '%f\n' 2>/dev/null | sed 's/\.conf$//' | sort -V
    done
}

process_names() {
    printf '%s\n' kafka redis
    worker_names
}

# The name of a process from what people type: KIND and SLOT.
process_name() { # KIND SLOT
    case $1 in
        kafka | redis)
            [[ $2 == 1 ]] || misuse "there is one $1 in an instance, so its slot is 1, not '$2'"
            printf '%s' "$1"
            ;;
        sequencer | allocator | caseworker)
            require_count SLOT "$2"
            printf '%s' "$1-$2"
            ;;
        *) misuse "'$1' is no kind of process: kafka, redis, ${kinds[*]}" ;;
    esac
}

# --- ports ---

# The local ports in use, as hexadecimal words. With a state, only those of sockets in that state.
ports_in_use() { # [STATE]
    awk -v state="${1-}" 'FNR > 1 && (state == "" || $4 == state) { split($2, part, ":"); print part[2] }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null || true
}

port_is_served() { # PORT
    local hex
    printf -v hex '%04X' "$1"
    ports_in_use 0A | grep -qx "$hex"
}

# A free port below those that the kernel gives to outgoing connections. From among these a client
# could be given the broker's own port while the broker is down, and it could never come back.
port_choose() {
    local low=32768 candidate hex used try
    [[ ! -r /proc/sys/net/ipv4/ip_local_port_range ]] ||
        read -r low _ </proc/sys/net/ipv4/ip_local_port_range
    ((low > 12000)) || low=32768
    used=$(ports_in_use)
    for ((try = 0; try < 1000; try++)); do
        candidate=$((10240 + (RANDOM * 32768 + RANDOM) % (low - 10240)))
        printf -v hex '%04X' "$candidate"
        [[ $'\n'$used$'\n' != *$'\n'$hex$'\n'* && " ${port[*]} " != *" $candidate "* ]] || continue
        printf '%s' "$candidate"
        return
    done
    fail "found no free port from 10240 to $((low - 1)): see what holds them with ss -ltn"
}

# Gives a process a port for as long as the instance lives.
port_assign() { # NAME
    [[ -z ${port[$1]-} ]] || return 0
    port[$1]=$(port_choose)
    printf '%s=%s\n' "$1" "${port[$1]}" >>"$state/ports"
}

# --- processes ---

conf_of() { # NAME
    case $1 in
        kafka) printf '%s' "$state/conf/kafka.properties" ;;
        *) printf '%s' "$state/conf/$1.conf" ;;
    esac
}

# Prints the pid of a process that runs and is ours. A pid file may outlive its process and the
# number be given to a stranger; only ours has our configuration file on its command line.
pid_of() { # NAME
    local pid
    read -r pid 2>/dev/null <"$state/run/$1.pid" || return 1
    [[ $pid =~ ^[0-9]+$ ]] || return 1
    grep -qszxF -- "$(conf_of "$1")" "/proc/$pid/cmdline" || return 1
    printf '%s' "$pid"
}

process_forget() { rm -f "$(conf_of "$1")" "$state/run/$1.pid"; } # NAME

is_alive() { pid_of "$1" >/dev/null; }
is_gone() { ! is_alive "$1"; }

# Whether a launched process has become its program, or has ended already.
has_begun() { # NAME PID
    is_alive "$1" || ! kill -0 "$2" 2>/dev/null
}

# Starts a program apart from our terminal and our lock, with its output appended to its log.
launch() { # NAME COMMAND...
    local name=$1 pid
    shift
    ! port_is_served "${port[$name]}" ||
        fail "$name can't start: another process serves its port ${port[$name]}." \
            "End that one (ss -ltnp shows it), or take new ports: deploy/local/down --wipe --state $state"
    setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null 8<&- 9<&- &
    pid=$!
    printf '%s\n' "$pid" | write_file "$state/run/$name.pid"
    wait_until 2000 has_begun "$name" "$pid" || fail "$name did not start: its command was $*"
}

# Waits until processes have ended, all within one deadline.
await_gone() { # MILLISECONDS NAME...
    local name end
    end=$(($(now_ms) + $1))
    shift
    for name in "$@"; do
        until is_gone "$name"; do
            (($(now_ms) < end)) || return 1
            sleep 0.02
        done
    done
}

# Asks for the cluster's metadata (request 3 in version 1, about no topic) and looks at how many
# brokers are in the answer. That the port accepts would prove little: so does a suspended broker's.
kafka_answers() { # PORT
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1"
        printf '\0\0\0\016\0\003\0\001\0\0\0\001\377\377\0\0\0\0' >&3
        read -r _ _ brokers < <(timeout 2 head -c 12 <&3 | od -An -tu4 --endian=big)
        ((brokers >= 1))
    ) 2>/dev/null
}

redis_answers() { # PORT
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1"
        printf 'PING\r\n' >&3
        IFS= read -r -t 1 reply <&3
        [[ $reply == +PONG* ]]
    ) 2>/dev/null
}

worker_is_ready() { # PORT
    [[ $(curl -s -o /dev/null -m 2 --noproxy '*' -w '%{http_code}' "http://127.0.0.1:$1/readyz") == 200 ]]
}

is_ready() { # NAME
    case $1 in
        kafka) kafka_answers "${port[$1]}" ;;
        redis) redis_answers "${port[$1]}" ;;
        *) worker_is_ready "${port[$1]}" ;;
    esac
}

# Waits until each of the processes answers. Says why, with the end of its log, when one doesn't.
await_ready() { # NAME...
    local name end
    end=$(($(now_ms) + start_deadline_ms))
    for name in "$@"; do
        until is_ready "$name"; do
            is_alive "$name" || start_failed "$name" "ended while it was starting"
            (($(now_ms) < end)) ||
                start_failed "$name" "was not ready within $((start_deadline_ms / 1000)) s"
            sleep 0.05
        done
    done
}

start_failed() { # NAME WHAT
    {
        printf -- '--- the end of %s ---\n' "$state/log/$1.log"
        tail -n 20 "$state/log/$1.log"
        printf -- '---\n'
    } >&2
    fail "$1 $2. Its log is $state/log/$1.log; mend the cause and call deploy/local/up again," \
        "or stop the rest with deploy/local/down --state $state"
}

# Writes the configuration of a process and launches it, unless it runs.
process_start() { # NAME
    local name=$1 pid
    if pid=$(pid_of "$name"); then
        say "$name runs already (pid $pid, port ${port[$name]})"
        return
    fi
    mkdir -p "$state"/{conf,run,log,data}
    port_assign "$name"
    case $name in
        kafka) kafka_start ;;
        redis) redis_start ;;
        *) worker_start "$name" ;;
    esac
    say "$name started (pid $(cat "$state/run/$name.pid"), port ${port[$name]})"
}

# Fills in the @WORDS@ of a template.
fill_in() { # TEMPLATE WORD VALUE...
    local text
    text=$(<"$1")
    shift
    while (($# > 0)); do
        text=${text//"@$1@"/"$2"}
        shift 2
    done
    printf '%s\n' "$text"
}

# A configuration with what the instance's folder adds to it: each line `key = value` of own/NAME
# stands in the place of the line with the same key.
with_own() { # NAME (its configuration on stdin)
    [[ -s $state/own/$1 ]] || {
        cat
        return
    }
    awk -F ' *= *' 'NR == FNR { own[$1]; print; next } !($1 in own)' "$state/own/$1" -
}

redis_start() {
    mkdir -p "$state/data/redis"
    fill_in "$here/redis.conf.in" DATA "$state/data/redis" PORT "${port[redis]}" |
        write_file "$(conf_of redis)"
    launch redis redis-server "$(conf_of redis)"
}

worker_program() { printf '%s\n' "workers/$1/shortfall-$1"; } # KIND; a path in the build folder

# Who plays years in minutes waits for the pipeline thousands of times: say at once how far it is.
hurry() {
    [[ ${setting[clock]} == record ]] || return 0
    printf '%s\n' 'idle.commit.ms = 1' 'batch.linger.ms = 0' 'fetch.wait.max.ms = 8'
}

worker_start() { # NAME
    local kind=${1%-*} slot=${1##*-}
    with_own "$1" <<TXT | write_file "$(conf_of "$1")"
bootstrap.servers = 127.0.0.1:${port[kafka]}
redis.url = redis://127.0.0.1:${port[redis]}
slot = $slot
http.listen = 127.0.0.1:${port[$1]}
clock = ${setting[clock]}
policy.dir = ${setting[policies]}
schema.dir = $root/schemas
log.format = logfmt
$(hurry)
TXT
    launch "$1" "${setting[build]}/$(worker_program "$kind")" --config "$(conf_of "$1")"
}

# The addresses of the instance for people and tests. These names are an interface: keep them.
env_write() {
    local kind name list
    {
        printf 'export SHORTFALL_STATE=%s\n' "${state@Q}"
        printf 'export SHORTFALL_BOOTSTRAP=%s\n' "127.0.0.1:${port[kafka]}"
        printf 'export SHORTFALL_REDIS=%s\n' "redis://127.0.0.1:${port[redis]}"
        printf 'export SHORTFALL_CLOCK=%s\n' "${setting[clock]}"
        printf 'export SHORTFALL_POLICIES=%s\n' "${setting[policies]@Q}"
        printf 'export SHORTFALL_SCHEMAS=%s\n' "${root@Q}/schemas"
        for kind in "${kinds[@]}"; do
            list=""
            for name in $(worker_names); do
                [[ ${name%-*} != "$kind" ]] || list+=" 127.0.0.1:${port[$name]}"
            done
            list=${list# }
            printf 'export SHORTFALL_HTTP_%s=%s\n' "${kind^^}" "${list@Q}"
        done
        printf 'export SHORTFALL_KAFKA_LIB=%s\n' "${kafka_classpath@Q}"
    } | write_file "$state/env"
}
