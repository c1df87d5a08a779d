package org.wardkey.app.screens.preflight

import org.wardkey.core.ConfigurationReport
import java.time.Duration

/**
 * Judges what the [probes] say: is this phone fit to be signed in with? What the organization has switched
 * off is not asked for.
 */
internal class Preflight(private val probes: Probes) {
    /** Every check that applies, in the order of [Check]. Takes as long as the tunnel service may take. */
    suspend fun examine(configuration: ConfigurationReport): List<Finding> {
        val reach = if (configuration.scanner) tunnel(configuration.tunnelDomain) else null
        return (examinePhone(configuration) + listOfNotNull(reach)).sortedBy { it.check }
    }

    /** The checks that need no network, and so no time. */
    fun examinePhone(configuration: ConfigurationReport): List<Finding> {
        val computers = configuration.scanner || configuration.playServices
        return listOfNotNull(
            screenLock(),
            biometrics(configuration.pinAllowed),
            hardware(configuration.strongBoxRequired),
            if (configuration.thisPhone || configuration.playServices) provider() else null,
            if (configuration.playServices) playServices() else null,
            if (configuration.scanner) camera() else null,
            if (computers) bluetooth() else null,
            if (configuration.scanner) nearby() else null,
            if (computers) power() else null,
            clock(),
        )
    }

    private fun screenLock() =
        if (probes.hasScreenLock()) Finding.SCREEN_LOCK_SET else Finding.SCREEN_LOCK_MISSING

    private fun biometrics(pinAllowed: Boolean) = when (probes.biometrics()) {
        Biometrics.READY -> Finding.BIOMETRICS_READY
        Biometrics.NONE_ENROLLED -> if (pinAllowed) Finding.BIOMETRICS_PIN else Finding.BIOMETRICS_MISSING
        // Nothing to set up, and nothing missing where the PIN will do.
        Biometrics.NO_HARDWARE -> if (pinAllowed) Finding.BIOMETRICS_PIN else Finding.BIOMETRICS_UNUSABLE
        Biometrics.UPDATE_REQUIRED -> Finding.BIOMETRICS_UPDATE
        Biometrics.BUSY -> Finding.BIOMETRICS_BUSY
    }

    private fun hardware(strongBoxRequired: Boolean) = when (probes.hardware()) {
        Hardware.STRONG_BOX -> Finding.STRONG_BOX
        Hardware.TRUSTED_ENVIRONMENT, Hardware.UNKNOWN ->
            when {
                strongBoxRequired -> Finding.HARDWARE_TOO_WEAK
                probes.hardware() == Hardware.UNKNOWN -> Finding.HARDWARE_UNKNOWN
                else -> Finding.TRUSTED_ENVIRONMENT
            }
    }

    private fun provider() = when (probes.provider()) {
        Provider.ENABLED -> Finding.PROVIDER_ENABLED
        Provider.DISABLED -> Finding.PROVIDER_DISABLED
        Provider.UNSUPPORTED -> Finding.PROVIDER_UNSUPPORTED
        Provider.UNKNOWN -> Finding.PROVIDER_UNKNOWN
    }

    private fun playServices() = when (probes.playServices()) {
        PlayServices.PRESENT -> Finding.PLAY_SERVICES_PRESENT
        PlayServices.DISABLED -> Finding.PLAY_SERVICES_DISABLED
        PlayServices.MISSING -> Finding.PLAY_SERVICES_MISSING
    }

    private fun camera() = when (probes.camera()) {
        Camera.ALLOWED -> Finding.CAMERA_ALLOWED
        Camera.DENIED -> Finding.CAMERA_DENIED
        Camera.MISSING -> Finding.CAMERA_MISSING
    }

    private fun bluetooth() = when (probes.bluetooth()) {
        Bluetooth.ON -> Finding.BLUETOOTH_ON
        Bluetooth.OFF -> Finding.BLUETOOTH_OFF
        Bluetooth.NO_ADVERTS -> Finding.BLUETOOTH_NO_ADVERTS
        Bluetooth.MISSING -> Finding.BLUETOOTH_MISSING
    }

    private fun nearby() = if (probes.mayAdvertise()) Finding.NEARBY_ALLOWED else Finding.NEARBY_DENIED

    private suspend fun tunnel(domain: String) = when (probes.tunnel(domain)) {
        TunnelReach.REACHED -> Finding.TUNNEL_REACHED
        TunnelReach.OFFLINE -> Finding.TUNNEL_OFFLINE
        TunnelReach.BLOCKED -> Finding.TUNNEL_BLOCKED
        TunnelReach.INTERCEPTED -> Finding.TUNNEL_INTERCEPTED
    }

    private fun power(): Finding {
        val power = probes.power()
        return when {
            power.saver -> Finding.POWER_SAVER
            !power.charging && power.percent != null && power.percent < LOW_PERCENT -> Finding.POWER_LOW
            else -> Finding.POWER_GOOD
        }
    }

    private fun clock(): Finding {
        val clock = probes.clock()
        return when {
            clock.error != null && clock.error.abs() > TOLERABLE_ERROR -> Finding.CLOCK_WRONG
            clock.automatic -> Finding.CLOCK_AUTOMATIC
            else -> Finding.CLOCK_BY_HAND
        }
    }

    private companion object {
        /** Below it, most makers' phones start to save power by themselves. */
        const val LOW_PERCENT = 20

        /** Certificates and attestations of the minute are refused beyond it. */
        val TOLERABLE_ERROR: Duration = Duration.ofMinutes(5)
    }
}

/** The worst of them: what the whole phone is to be called. */
internal fun List<Finding>.verdict(): Verdict = maxOfOrNull { it.verdict } ?: Verdict.PASS
