package org.wardkey.app

import android.content.Context
import android.content.pm.ApplicationInfo

/**
 * Which of the two variants is running. Read from the installed package itself, which is signed, rather than
 * from a constant or a resource that code or an overlay could change.
 */
internal enum class BuildVariant {
    /** What clinicians get: hardware keys only. */
    RELEASE,

    /** For emulators and testers: the core's test policy may be used, and every screen says so. */
    DEBUG,
    ;

    companion object {
        fun of(context: Context): BuildVariant {
            val debuggable = context.applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0
            return if (debuggable) DEBUG else RELEASE
        }
    }
}
