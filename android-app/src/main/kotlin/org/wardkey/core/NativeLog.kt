package org.wardkey.core

import android.util.Log

/**
 * Starts the core's log: Android's log on a phone, a list that tests read elsewhere. Bound through JNI, not
 * by the generated code, so the library must have been loaded with [System.loadLibrary] before.
 */
internal object NativeLog {
    /**
     * Starts it at a level from 0 (off) to 5 (everything), or changes the level. Returns whether this call was
     * the first.
     *
     * @throws RuntimeException if there is no such level
     */
    @JvmStatic
    external fun init(maxLevel: Int): Boolean

    /** Starts it as far as this phone can: without a log everything else still works. */
    fun start(maxLevel: Int) {
        try {
            System.loadLibrary("wardkey_core")
            init(maxLevel)
        } catch (missing: UnsatisfiedLinkError) {
            Log.w("Wardkey", "the core has no log: ${missing.message}")
        }
    }
}
