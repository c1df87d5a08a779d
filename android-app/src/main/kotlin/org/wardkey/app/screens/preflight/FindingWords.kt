package org.wardkey.app.screens.preflight

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import org.wardkey.app.R
import org.wardkey.core.Check
import org.wardkey.core.PhoneState
import org.wardkey.core.Verdict

@get:StringRes
internal val Check.words: Int
    get() = when (this) {
        Check.SCREEN_LOCK -> R.string.check_screen_lock
        Check.BIOMETRICS -> R.string.check_biometrics
        Check.HARDWARE -> R.string.check_hardware
        Check.PROVIDER -> R.string.check_provider
        Check.PLAY_SERVICES -> R.string.check_play_services
        Check.CAMERA -> R.string.check_camera
        Check.BLUETOOTH -> R.string.check_bluetooth
        Check.NEARBY -> R.string.check_nearby
        Check.TUNNEL -> R.string.check_tunnel
        Check.POWER -> R.string.check_power
        Check.CLOCK -> R.string.check_clock
    }

@get:StringRes
internal val Verdict.words: Int
    get() = when (this) {
        Verdict.PASS -> R.string.preflight_pass
        Verdict.WARN -> R.string.preflight_warn
        Verdict.FAIL -> R.string.preflight_fail
    }

@get:DrawableRes
internal val Verdict.icon: Int
    get() = when (this) {
        Verdict.PASS -> R.drawable.ic_pass
        Verdict.WARN -> R.drawable.ic_warn
        Verdict.FAIL -> R.drawable.ic_fail
    }

/** What the whole phone is called. */
@get:StringRes
internal val Verdict.summary: Int
    get() = when (this) {
        Verdict.PASS -> R.string.preflight_ready
        Verdict.WARN -> R.string.preflight_usable
        Verdict.FAIL -> R.string.preflight_not_ready
    }

/** The state and, unless all is well, what to do. */
@get:StringRes
internal val PhoneState.words: Int
    get() = when (this) {
        PhoneState.SCREEN_LOCK_SET -> R.string.finding_screen_lock_set
        PhoneState.SCREEN_LOCK_MISSING -> R.string.finding_screen_lock_missing
        PhoneState.BIOMETRICS_READY -> R.string.finding_biometrics_ready
        PhoneState.BIOMETRICS_PIN -> R.string.finding_biometrics_pin
        PhoneState.BIOMETRICS_MISSING -> R.string.finding_biometrics_missing
        PhoneState.BIOMETRICS_UNUSABLE -> R.string.finding_biometrics_unusable
        PhoneState.BIOMETRICS_UPDATE -> R.string.finding_biometrics_update
        PhoneState.BIOMETRICS_BUSY -> R.string.finding_biometrics_busy
        PhoneState.STRONG_BOX -> R.string.finding_hardware_strong_box
        PhoneState.TRUSTED_ENVIRONMENT -> R.string.finding_hardware_trusted_environment
        PhoneState.HARDWARE_TOO_WEAK -> R.string.finding_hardware_too_weak
        PhoneState.HARDWARE_UNKNOWN -> R.string.finding_hardware_unknown
        PhoneState.PROVIDER_ENABLED -> R.string.finding_provider_enabled
        PhoneState.PROVIDER_DISABLED -> R.string.finding_provider_disabled
        PhoneState.PROVIDER_UNSUPPORTED -> R.string.finding_provider_unsupported
        PhoneState.PROVIDER_UNKNOWN -> R.string.finding_provider_unknown
        PhoneState.PLAY_SERVICES_PRESENT -> R.string.finding_play_services_present
        PhoneState.PLAY_SERVICES_DISABLED -> R.string.finding_play_services_disabled
        PhoneState.PLAY_SERVICES_MISSING -> R.string.finding_play_services_missing
        PhoneState.CAMERA_ALLOWED -> R.string.finding_camera_allowed
        PhoneState.CAMERA_DENIED -> R.string.finding_camera_denied
        PhoneState.CAMERA_MISSING -> R.string.finding_camera_missing
        PhoneState.BLUETOOTH_ON -> R.string.finding_bluetooth_on
        PhoneState.BLUETOOTH_OFF -> R.string.finding_bluetooth_off
        PhoneState.BLUETOOTH_NO_ADVERTS -> R.string.finding_bluetooth_no_adverts
        PhoneState.BLUETOOTH_MISSING -> R.string.finding_bluetooth_missing
        PhoneState.NEARBY_ALLOWED -> R.string.finding_nearby_allowed
        PhoneState.NEARBY_DENIED -> R.string.finding_nearby_denied
        PhoneState.TUNNEL_REACHED -> R.string.finding_tunnel_reached
        PhoneState.TUNNEL_OFFLINE -> R.string.finding_tunnel_offline
        PhoneState.TUNNEL_BLOCKED -> R.string.finding_tunnel_blocked
        PhoneState.TUNNEL_INTERCEPTED -> R.string.finding_tunnel_intercepted
        PhoneState.POWER_GOOD -> R.string.finding_power_good
        PhoneState.POWER_LOW -> R.string.finding_power_low
        PhoneState.POWER_SAVER -> R.string.finding_power_saver
        PhoneState.CLOCK_AUTOMATIC -> R.string.finding_clock_automatic
        PhoneState.CLOCK_BY_HAND -> R.string.finding_clock_by_hand
        PhoneState.CLOCK_WRONG -> R.string.finding_clock_wrong
    }
