# shellcheck shell=bash disable=SC2154 # The variables of lib.sh, which is sourced first.
#
# What only the tests need of other people's Java, fetched once for the checkout. To be sourced after
# lib.sh.
#
#   a schema registry with Confluent's API: Apicurio, in memory; the tests start and stop it
#   Apache Avro for Java, which the oracle compares us with

readonly registry_version=2.6.13.Final # the last that runs on Java 17
readonly registry_home=$cache/apicurio-$registry_version
readonly registry_artifact=io.apicurio:apicurio-registry-app:$registry_version:tar.gz:all

registry_prepare() {
    [[ ! -f $registry_home/complete ]] || return 0
    cache_lock
    say "fetching a schema registry for the tests (142 MB, once) ..."
    rm -rf "$registry_home"
    mkdir -p "$registry_home"
    mvn -B -ntp -q -Dstyle.color=never --strict-checksums \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact="$registry_artifact" -DoutputDirectory="$registry_home" \
        >"$registry_home/fetch.log" 2>&1 </dev/null || {
        cat "$registry_home/fetch.log" >&2
        fail "could not fetch the schema registry with Maven (its words are above):" \
            "see that Maven reaches its repository, then try again"
    }
    tar xzf "$registry_home/apicurio-registry-app-$registry_version-all.tar.gz" -C "$registry_home"
    rm "$registry_home/apicurio-registry-app-$registry_version-all.tar.gz"
    touch "$registry_home/complete"
    cache_unlock
}

readonly avro_pom=$root/tests/oracle/pom.xml
readonly avro_home=$cache/avro-java

avro_prepare() {
    ! cmp -s "$avro_pom" "$avro_home/pom.xml" || return 0
    cache_lock
    say "fetching Apache Avro for Java (5 MB, once) ..."
    rm -rf "$avro_home"
    mkdir -p "$avro_home"
    mvn -B -ntp -q -Dstyle.color=never --strict-checksums -f "$avro_pom" package \
        -Davro.lib="$avro_home/lib" >"$avro_home/fetch.log" 2>&1 </dev/null || {
        cat "$avro_home/fetch.log" >&2
        fail "could not fetch Apache Avro with Maven (its words are above):" \
            "see that Maven reaches its repository, then try again"
    }
    cp "$avro_pom" "$avro_home/pom.xml"
    cache_unlock
}
