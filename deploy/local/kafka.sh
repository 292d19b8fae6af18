# shellcheck shell=bash disable=SC2154 # The variables of lib.sh, which is sourced first.
#
# The broker's program: its jars, and what makes it start fast. To be sourced after lib.sh.
#
# It is fetched once for the checkout, not for each instance, into one folder of the cache:
#
#   lib/           the jars
#   data/          a formatted data folder, copied for each new instance
#   broker-*.jsa   the classes of a running broker, parsed already (a class-data archive)
#   pom.xml        what was fetched; another one in the checkout means: fetch again

kafka_version=$(sed -n 's:.*<kafka\.version>\(.*\)</kafka\.version>.*:\1:p' "$here/pom.xml")
kafka_home=$cache/kafka-$kafka_version
kafka_classpath="$kafka_home/lib/*"

# The archive is true only for these very options and the same Java.
readonly kafka_java=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$kafka_classpath")
readonly kafka_tool_options=(-Dorg.slf4j.simpleLogger.defaultLogLevel=error)
readonly kafka_broker_options=(
    -Xmx512m
    -XX:+ExitOnOutOfMemoryError
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
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

# Makes ready what all instances share; at once done when it is there.
kafka_prepare() {
    command -v java >/dev/null || fail "java is missing: call deploy/local/install"
    ! { kafka_jars_are_there && [[ -d $kafka_home/data && -f $(kafka_archive) ]]; } || return 0
    cache_lock
    kafka_jars_are_there || kafka_fetch
    [[ -d $kafka_home/data ]] || kafka_format
    [[ -f $(kafka_archive) ]] || kafka_make_archive
    cache_unlock
}

kafka_fetch() {
    command -v mvn >/dev/null || fail "mvn is missing: call deploy/local/install"
    say "fetching Kafka $kafka_version (44 MB, once) ..."
    rm -rf "$kafka_home" "$kafka_home.new"
    mkdir -p "$kafka_home.new"
    mvn -B -ntp -q -Dstyle.color=never --strict-checksums -f "$here/pom.xml" package \
        -Dkafka.lib="$kafka_home.new/lib" >"$kafka_home.new/fetch.log" 2>&1 </dev/null || {
        cat "$kafka_home.new/fetch.log" >&2
        fail "could not fetch Kafka $kafka_version with Maven (its words are above):" \
            "see that Maven reaches its repository, then try again"
    }
    cp "$here/pom.xml" "$kafka_home.new/pom.xml"
    mv "$kafka_home.new" "$kafka_home"
}

kafka_properties() { # DATA PORT CONTROLLER_PORT
    fill_in "$here/kafka.properties.in" DATA "$1" PORT "$2" CONTROLLER_PORT "$3"
}

# Formats a data folder once. Formatting takes a JVM more than a second; copying takes nothing.
kafka_format() {
    rm -rf "$kafka_home/data.new"
    kafka_properties "$kafka_home/data.new" 1 2 >"$kafka_home/format.properties"
    "${kafka_java[@]}" "${kafka_tool_options[@]}" kafka.tools.StorageTool format \
        -t "$kafka_cluster_id" -c "$kafka_home/format.properties" >"$kafka_home/format.log" 2>&1 || {
        cat "$kafka_home/format.log" >&2
        fail "Kafka's StorageTool did not format $kafka_home/data.new: its words are above"
    }
    mv "$kafka_home/data.new" "$kafka_home/data"
}

# Runs a broker once, with some work, and lets it write down its classes as it ends. A broker
# without the archive is slower to start and nothing else, so a failure here is only told.
kafka_make_archive() {
    local scratch archive pid public private
    say "making the broker's class-data archive (once) ..."
    archive=$(kafka_archive)
    scratch=$(mktemp -d "$kafka_home/archive.XXXXXX")
    public=$(port_choose)
    private=$(port_choose)
    cp -R "$kafka_home/data" "$scratch/data"
    kafka_properties "$scratch/data" "$public" "$private" >"$scratch/kafka.properties"
    "${kafka_java[@]}" "${kafka_broker_options[@]}" -XX:ArchiveClassesAtExit="$scratch/archive.jsa" \
        kafka.Kafka "$scratch/kafka.properties" >"$scratch/log" 2>&1 </dev/null 8<&- 9<&- &
    pid=$!
    if wait_until "$start_deadline_ms" port_accepts "$public"; then
        "${kafka_java[@]}" "${kafka_tool_options[@]}" \
            org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$public" \
            --create --topic warm --partitions 1 --replication-factor 1 >>"$scratch/log" 2>&1 || true
    fi
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
    if [[ -f $scratch/archive.jsa ]]; then
        rm -f "$kafka_home"/broker-*.jsa
        mv "$scratch/archive.jsa" "$archive"
    else
        say "no archive came of it; the broker will start a second slower. What it said:"
        tail -n 5 "$scratch/log"
    fi
    rm -rf "$scratch"
}

kafka_start() {
    local archive options=()
    kafka_prepare
    archive=$(kafka_archive)
    [[ ! -f $archive ]] || options=(-XX:SharedArchiveFile="$archive")
    port_assign controller
    [[ -d $state/data/kafka ]] || {
        rm -rf "$state/data/kafka.new"
        cp -R "$kafka_home/data" "$state/data/kafka.new"
        mv "$state/data/kafka.new" "$state/data/kafka"
    }
    kafka_properties "$state/data/kafka" "${port[kafka]}" "${port[controller]}" |
        write_file "$(conf_of kafka)"
    launch kafka "${kafka_java[@]}" "${kafka_broker_options[@]}" "${options[@]}" \
        kafka.Kafka "$(conf_of kafka)"
}
