package org.wardkey.app

import android.os.Looper
import org.robolectric.Shadows.shadowOf
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport

/**
 * Runs what is posted to the main thread, which is the test's own, until [event] has happened; other threads
 * do their part meanwhile. Fails if it never does.
 */
internal fun idleUntil(event: () -> Boolean) {
    val deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30)
    while (!event()) {
        check(System.nanoTime() < deadline) { "nothing happened in 30 s" }
        shadowOf(Looper.getMainLooper()).idle()
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1))
    }
}
