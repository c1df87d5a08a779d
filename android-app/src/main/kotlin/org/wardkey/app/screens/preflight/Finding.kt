package org.wardkey.app.screens.preflight

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import org.wardkey.app.R

/** What is checked, in the order of the screen. */
internal enum class Check(@get:StringRes val words: Int) {
    SCREEN_LOCK(R.string.check_screen_lock),
    BIOMETRICS(R.string.check_biometrics),
    HARDWARE(R.string.check_hardware),
    PROVIDER(R.string.check_provider),
    PLAY_SERVICES(R.string.check_play_services),
    CAMERA(R.string.check_camera),
    BLUETOOTH(R.string.check_bluetooth),
    NEARBY(R.string.check_nearby),
    TUNNEL(R.string.check_tunnel),
    POWER(R.string.check_power),
    CLOCK(R.string.check_clock),
}

/** How much a finding matters, from nothing to do to nothing will work. */
internal enum class Verdict(@get:StringRes val words: Int, @get:DrawableRes val icon: Int) {
    PASS(R.string.preflight_pass, R.drawable.ic_pass),
    WARN(R.string.preflight_warn, R.drawable.ic_warn),
    FAIL(R.string.preflight_fail, R.drawable.ic_fail),
}

/**
 * Every state that a check can find.
 *
 * @property words the state and, unless all is well, what to do
 * @property fix the page of Android where it can be done, if there is one
 */
internal enum class Finding(
    val check: Check,
    val verdict: Verdict,
    @get:StringRes val words: Int,
    val fix: Fix? = null,
) {
    SCREEN_LOCK_SET(Check.SCREEN_LOCK, Verdict.PASS, R.string.finding_screen_lock_set),
    SCREEN_LOCK_MISSING(
        Check.SCREEN_LOCK,
        Verdict.FAIL,
        R.string.finding_screen_lock_missing,
        Fix.SCREEN_LOCK,
    ),

    BIOMETRICS_READY(Check.BIOMETRICS, Verdict.PASS, R.string.finding_biometrics_ready),
    BIOMETRICS_PIN(Check.BIOMETRICS, Verdict.WARN, R.string.finding_biometrics_pin, Fix.BIOMETRICS),
    BIOMETRICS_MISSING(Check.BIOMETRICS, Verdict.FAIL, R.string.finding_biometrics_missing, Fix.BIOMETRICS),
    BIOMETRICS_UNUSABLE(Check.BIOMETRICS, Verdict.FAIL, R.string.finding_biometrics_unusable),
    BIOMETRICS_UPDATE(Check.BIOMETRICS, Verdict.FAIL, R.string.finding_biometrics_update, Fix.UPDATE),
    BIOMETRICS_BUSY(Check.BIOMETRICS, Verdict.WARN, R.string.finding_biometrics_busy),

    STRONG_BOX(Check.HARDWARE, Verdict.PASS, R.string.finding_hardware_strong_box),
    TRUSTED_ENVIRONMENT(Check.HARDWARE, Verdict.PASS, R.string.finding_hardware_trusted_environment),
    HARDWARE_TOO_WEAK(Check.HARDWARE, Verdict.FAIL, R.string.finding_hardware_too_weak),
    HARDWARE_UNKNOWN(Check.HARDWARE, Verdict.WARN, R.string.finding_hardware_unknown),

    PROVIDER_ENABLED(Check.PROVIDER, Verdict.PASS, R.string.finding_provider_enabled),
    PROVIDER_DISABLED(Check.PROVIDER, Verdict.FAIL, R.string.finding_provider_disabled, Fix.PROVIDER),
    PROVIDER_UNSUPPORTED(Check.PROVIDER, Verdict.WARN, R.string.finding_provider_unsupported),
    PROVIDER_UNKNOWN(Check.PROVIDER, Verdict.WARN, R.string.finding_provider_unknown, Fix.PROVIDER),

    PLAY_SERVICES_PRESENT(Check.PLAY_SERVICES, Verdict.PASS, R.string.finding_play_services_present),
    PLAY_SERVICES_DISABLED(
        Check.PLAY_SERVICES,
        Verdict.WARN,
        R.string.finding_play_services_disabled,
        Fix.PLAY_SERVICES,
    ),
    PLAY_SERVICES_MISSING(Check.PLAY_SERVICES, Verdict.WARN, R.string.finding_play_services_missing),

    CAMERA_ALLOWED(Check.CAMERA, Verdict.PASS, R.string.finding_camera_allowed),
    CAMERA_DENIED(Check.CAMERA, Verdict.WARN, R.string.finding_camera_denied, Fix.PERMISSIONS),
    CAMERA_MISSING(Check.CAMERA, Verdict.WARN, R.string.finding_camera_missing),

    BLUETOOTH_ON(Check.BLUETOOTH, Verdict.PASS, R.string.finding_bluetooth_on),
    BLUETOOTH_OFF(Check.BLUETOOTH, Verdict.FAIL, R.string.finding_bluetooth_off, Fix.BLUETOOTH),
    BLUETOOTH_NO_ADVERTS(Check.BLUETOOTH, Verdict.FAIL, R.string.finding_bluetooth_no_adverts),
    BLUETOOTH_MISSING(Check.BLUETOOTH, Verdict.FAIL, R.string.finding_bluetooth_missing),

    NEARBY_ALLOWED(Check.NEARBY, Verdict.PASS, R.string.finding_nearby_allowed),
    NEARBY_DENIED(Check.NEARBY, Verdict.WARN, R.string.finding_nearby_denied, Fix.PERMISSIONS),

    TUNNEL_REACHED(Check.TUNNEL, Verdict.PASS, R.string.finding_tunnel_reached),
    TUNNEL_OFFLINE(Check.TUNNEL, Verdict.FAIL, R.string.finding_tunnel_offline, Fix.NETWORK),
    TUNNEL_BLOCKED(Check.TUNNEL, Verdict.FAIL, R.string.finding_tunnel_blocked, Fix.NETWORK),
    TUNNEL_INTERCEPTED(Check.TUNNEL, Verdict.FAIL, R.string.finding_tunnel_intercepted, Fix.NETWORK),

    POWER_GOOD(Check.POWER, Verdict.PASS, R.string.finding_power_good),
    POWER_LOW(Check.POWER, Verdict.WARN, R.string.finding_power_low),
    POWER_SAVER(Check.POWER, Verdict.WARN, R.string.finding_power_saver, Fix.BATTERY_SAVER),

    CLOCK_AUTOMATIC(Check.CLOCK, Verdict.PASS, R.string.finding_clock_automatic),
    CLOCK_BY_HAND(Check.CLOCK, Verdict.WARN, R.string.finding_clock_by_hand, Fix.CLOCK),
    CLOCK_WRONG(Check.CLOCK, Verdict.FAIL, R.string.finding_clock_wrong, Fix.CLOCK),
}
