# shellcheck shell=bash disable=SC2154 # The variables of lib.sh, which is sourced first.
#
# The broker's program: its jars, and what makes it start fast. To be sourced after lib.sh.
#
# It is fetched once for the checkout, not for each instance, into one folder of the cache:
#
#   lib/           the jars
#   data/          the data folder of a broker that has been up once, copied for each new instance
#   broker-*.jsa   the classes of a running broker, parsed already (a class-data archive); empty
#                  when this Java makes none
#   pom.xml        what was fetched; another one in the checkout means: fetch again
#
# $SHORTFALL_KAFKA_VERSION names another version than that of pom.xml (tests/versions/run).

kafka_version=${SHORTFALL_KAFKA_VERSION:-$(sed -n 's:.*<kafka\.version>\(.*\)</kafka\.version>.*:\1:p' "$here/pom.xml")}
kafka_home=$cache/kafka-$kafka_version
kafka_classpath="$kafka_home/lib/*"

# The archive is true only for these very options and the same Java.
readonly kafka_java=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$kafka_classpath")
# As Kafka's own script starts it: a second later, but all of it compiled, and a third of the CPU.
readonly kafka_java_steady=(java -XX:+UseG1GC -XX:MaxGCPauseMillis=20
    -XX:InitiatingHeapOccupancyPercent=35 -cp "$kafka_classpath")
readonly kafka_tool_options=(-Dorg.slf4j.simpleLogger.defaultLogLevel=error)
readonly kafka_broker_options=(
    -Xmx512m
    -XX:+ExitOnOutOfMemoryError
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
    # What becomes of a transaction that was being ended when the broker died.
    -Dorg.slf4j.simpleLogger.log.kafka.coordinator.transaction=info
    -Dorg.slf4j.simpleLogger.showDateTime=true
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS"
)

# The cluster's id is a constant, because a formatted data folder is shared by all instances.
readonly kafka_cluster_id=c2hvcnRmYWxsLWxvY2FsMQ

# Where the archive for the present Java and the present place of the jars is.
kafka_archive() {
    local java
    java=$(readlink -f "$(command -v java)")
    printf '%s/broker-%s.jsa' "$kafka_home" \
        "$(printf '%s %s' "$(stat -c '%n %Y %s' "$java")" "$kafka_home" | cksum | cut -d' ' -f1)"
}

kafka_jars_are_there() { cmp -s "$here/pom.xml" "$kafka_home/pom.xml"; }

kafka_is_prepared() {
    kafka_jars_are_there && [[ -d $kafka_home/data && -f $(kafka_archive) ]]
}

# Makes ready what all instances share; at once done when it is there.
kafka_prepare() {
    command -v java >/dev/null || fail "java is missing: call deploy/local/install"
    ! kafka_is_prepared || return 0
    cache_lock
    kafka_jars_are_there || kafka_fetch
    kafka_is_prepared || kafka_run_once
    cache_unlock
}

kafka_fetch() {
    command -v mvn >/dev/null || fail "mvn is missing: call deploy/local/install"
    say "fetching Kafka $kafka_version (44 MB, once) ..."
    rm -rf "$kafka_home" "$kafka_home.new"
    mkdir -p "$kafka_home.new"
    mvn -B -ntp -q -Dstyle.color=never --strict-checksums -f "$here/pom.xml" package \
        -Dkafka.version="$kafka_version" -Dkafka.lib="$kafka_home.new/lib" >"$kafka_home.new/fetch.log" 2>&1 </dev/null || {
        cat "$kafka_home.new/fetch.log" >&2
        fail "could not fetch Kafka $kafka_version with Maven (its words are above):" \
            "see that Maven reaches its repository, then try again"
    }
    cp "$here/pom.xml" "$kafka_home.new/pom.xml"
    mv "$kafka_home.new" "$kafka_home"
}

# Share groups are of Kafka 4 only.
kafka_properties() { # TEMPLATE DATA PORT CONTROLLER_PORT
    fill_in "$1" DATA "$2" PORT "$3" CONTROLLER_PORT "$4" |
        if [[ $kafka_version == 3.* ]]; then sed '/^share\./d'; else cat; fi
}

kafka_tool() { # CLASS ARGUMENT...
    "${kafka_java[@]}" "${kafka_tool_options[@]}" "$@" </dev/null
}

# Runs a broker once and keeps what makes each later one fast. Copying its data folder saves a new
# instance the formatting (a JVM of its own), and the making of the internal topics, for which the
# first consumer group would wait 2 s and the first transaction 1 s. The archive saves a second more.
# It runs in a shell of its own, so that the broker goes with it, also when it is interrupted.
kafka_run_once() (
    pid=""
    say "running Kafka once, to start fast from now on ..."
    scratch=$(mktemp -d "$kafka_home/once.XXXXXX")
    trap 'kafka_run_end' EXIT
    public=$(port_choose)
    private=$(port_choose)
    kafka_properties "$here/kafka.properties.in" "$scratch/data" "$public" "$private" >"$scratch/kafka.properties"
    kafka_tool kafka.tools.StorageTool format -t "$kafka_cluster_id" -c "$scratch/kafka.properties" \
        >"$scratch/log" 2>&1 || kafka_run_failed "Kafka's StorageTool formatted no data folder"
    "${kafka_java[@]}" "${kafka_broker_options[@]}" -XX:ArchiveClassesAtExit="$scratch/archive.jsa" \
        kafka.Kafka "$scratch/kafka.properties" >>"$scratch/log" 2>&1 </dev/null 8<&- 9<&- &
    pid=$!
    wait_until "$start_deadline_ms" kafka_answers "$public" || kafka_run_failed "Kafka did not start"
    kafka_make_internal_topics "127.0.0.1:$public" || kafka_run_failed "Kafka made no internal topics"
    kill "$pid"
    wait "$pid" || true
    [[ -f $scratch/archive.jsa ]] || : >"$scratch/archive.jsa"
    rm -rf "$kafka_home/data" "$kafka_home"/broker-*.jsa
    mv "$scratch/data" "$kafka_home/data"
    mv "$scratch/archive.jsa" "$(kafka_archive)"
)

kafka_run_end() {
    [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || true
    rm -rf "$scratch"
}

kafka_run_failed() { # WHAT
    tail -n 20 "$scratch/log" >&2
    fail "$1: its words are above"
}

# Asking about a group and a transaction that don't exist makes the topics that would hold them.
kafka_make_internal_topics() { # BOOTSTRAP
    kafka_tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand \
        --bootstrap-server "$1" --describe --group none >>"$scratch/log" 2>&1 || true
    kafka_tool org.apache.kafka.tools.TransactionsCommand \
        --bootstrap-server "$1" describe --transactional-id none >>"$scratch/log" 2>&1 || true
    wait_until 10000 test -d "$scratch/data/__consumer_offsets-0" -a -d "$scratch/data/__transaction_state-0"
}

kafka_start() {
    local archive command=("${kafka_java[@]}" "${kafka_broker_options[@]}")
    kafka_prepare
    archive=$(kafka_archive)
    [[ ! -s $archive ]] || command+=(-XX:SharedArchiveFile="$archive")
    [[ ${setting[broker]-} != steady ]] ||
        command=("${kafka_java_steady[@]}" "${kafka_broker_options[@]}" -Xmx1g)
    port_assign controller
    [[ -d $state/data/kafka ]] || {
        rm -rf "$state/data/kafka.new"
        cp -R "$kafka_home/data" "$state/data/kafka.new"
        mv "$state/data/kafka.new" "$state/data/kafka"
    }
    kafka_properties <(with_own kafka <"$here/kafka.properties.in") "$state/data/kafka" \
        "${port[kafka]}" "${port[controller]}" | write_file "$(conf_of kafka)"
    launch kafka "${command[@]}" kafka.Kafka "$(conf_of kafka)"
}
