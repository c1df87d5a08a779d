package org.wardkey.app

import java.io.File
import kotlin.time.Duration

/** The median of many runs, after as many as it takes the JVM to compile what is measured. */
internal inline fun median(measure: () -> Duration): Duration {
    repeat(WARM_UP) { measure() }
    return List(RUNS) { measure() }.sorted()[RUNS / 2]
}

/** Writes [time] down for the README. */
internal fun measured(what: String, time: Duration) {
    println("$what: $time")
    File("target/measured.txt").appendText("$what: $time\n")
}

internal const val WARM_UP = 20
internal const val RUNS = 51
