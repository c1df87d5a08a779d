package org.wardkey.app.screens.preflight

import java.time.Duration

/** What the phone can be asked about itself, each time anew: the user changes settings in between. */
internal interface Probes {
    fun hasScreenLock(): Boolean

    fun biometrics(): Biometrics

    fun hardware(): Hardware

    fun provider(): Provider

    fun playServices(): PlayServices

    fun camera(): Camera

    fun bluetooth(): Bluetooth

    /** Whether this app may send adverts. */
    fun mayAdvertise(): Boolean

    fun power(): Power

    fun clock(): Clock

    /** Tries to reach a tunnel service by its host name, for a few seconds. */
    suspend fun tunnel(domain: String): TunnelReach
}

/** Biometrics of class 3, which Android calls strong: the only ones that may unlock a key. */
internal enum class Biometrics { READY, NONE_ENROLLED, NO_HARDWARE, UPDATE_REQUIRED, BUSY }

/** The best place for keys that the phone says it has. */
internal enum class Hardware { STRONG_BOX, TRUSTED_ENVIRONMENT, UNKNOWN }

/** Whether Android asks this app for passkeys; unknown where Android fails to say. */
internal enum class Provider { ENABLED, DISABLED, UNSUPPORTED, UNKNOWN }

internal enum class PlayServices { PRESENT, DISABLED, MISSING }

internal enum class Camera { ALLOWED, DENIED, MISSING }

internal enum class Bluetooth { ON, OFF, NO_ADVERTS, MISSING }

internal enum class TunnelReach { REACHED, OFFLINE, BLOCKED, INTERCEPTED }

/**
 * @property saver whether Android saves power already
 * @property percent what is left, or null if the phone does not say
 */
internal data class Power(val saver: Boolean, val percent: Int?, val charging: Boolean)

/**
 * @property automatic whether Android sets the clock
 * @property error how far it is from the network's time, or null while that is unknown
 */
internal data class Clock(val automatic: Boolean, val error: Duration?)
