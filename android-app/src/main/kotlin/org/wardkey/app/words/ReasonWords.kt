package org.wardkey.app.words

import androidx.annotation.StringRes
import org.wardkey.app.R
import org.wardkey.core.Reason
import org.wardkey.core.Step

/** What happened, as a heading that stands for itself. */
@get:StringRes
internal val Reason.title: Int
    get() = when (this) {
        Reason.DECLINED -> R.string.reason_declined
        Reason.CANCELLED -> R.string.reason_cancelled
        Reason.TIMED_OUT -> R.string.reason_timed_out
        Reason.NOT_VERIFIED -> R.string.reason_not_verified
        Reason.LOCKED_OUT -> R.string.reason_locked_out
        Reason.ALREADY_REGISTERED -> R.string.reason_already_registered
        Reason.NO_PASSKEY -> R.string.reason_no_passkey
        Reason.KEY_INVALIDATED -> R.string.reason_key_invalidated
        Reason.NO_STRONG_BOX -> R.string.reason_no_strong_box
        Reason.ATTESTATION_UNAVAILABLE -> R.string.reason_attestation_unavailable
        Reason.NOT_PROVISIONED -> R.string.reason_not_provisioned
        Reason.DEVICE_LOCKED -> R.string.reason_device_locked
        Reason.NO_SCREEN_LOCK -> R.string.reason_no_screen_lock
        Reason.KEY_STORE_FULL -> R.string.reason_key_store_full
        Reason.KEY_STORE_FAILED -> R.string.reason_key_store_failed
        Reason.WEAK_HARDWARE -> R.string.reason_weak_hardware
        Reason.INVALID_REQUEST -> R.string.reason_invalid_request
        Reason.UNTRUSTED_CALLER -> R.string.reason_untrusted_caller
        Reason.SITE_NOT_ALLOWED -> R.string.reason_site_not_allowed
        Reason.ROUTE_NOT_ALLOWED -> R.string.reason_route_not_allowed
        Reason.BUSY -> R.string.reason_busy
        Reason.STORAGE_FAILED -> R.string.reason_storage_failed
        Reason.STORAGE_DAMAGED -> R.string.reason_storage_damaged
        Reason.STORAGE_NEWER -> R.string.reason_storage_newer
        Reason.STORAGE_FULL -> R.string.reason_storage_full
        Reason.NOT_A_CODE -> R.string.reason_not_a_code
        Reason.DAMAGED_CODE -> R.string.reason_damaged_code
        Reason.DIGITAL_CREDENTIAL -> R.string.reason_digital_credential
        Reason.CODE_EXPIRED -> R.string.reason_code_expired
        Reason.BLUETOOTH_OFF -> R.string.reason_bluetooth_off
        Reason.BLUETOOTH_DENIED -> R.string.reason_bluetooth_denied
        Reason.BLUETOOTH_MISSING -> R.string.reason_bluetooth_missing
        Reason.BLUETOOTH_FAILED -> R.string.reason_bluetooth_failed
        Reason.NETWORK_BLOCKED -> R.string.reason_network_blocked
        Reason.INTERCEPTED -> R.string.reason_intercepted
        Reason.TUNNEL_SERVICE_FAILED -> R.string.reason_tunnel_service_failed
        Reason.CONNECTION_CUT -> R.string.reason_connection_cut
        Reason.TOO_FAR_AWAY -> R.string.reason_too_far_away
        Reason.OTHER_DEVICE_LEFT -> R.string.reason_other_device_left
        Reason.OTHER_DEVICE_INCOMPATIBLE -> R.string.reason_other_device_incompatible
        Reason.TAMPERED -> R.string.reason_tampered
        Reason.SITE_UNREACHABLE -> R.string.reason_site_unreachable
        Reason.UNEXPECTED -> R.string.reason_unexpected
    }

/** What to do about it. */
@get:StringRes
internal val Reason.remedy: Int
    get() = when (this) {
        Reason.DECLINED -> R.string.reason_declined_remedy
        Reason.CANCELLED -> R.string.reason_cancelled_remedy
        Reason.TIMED_OUT -> R.string.reason_timed_out_remedy
        Reason.NOT_VERIFIED -> R.string.reason_not_verified_remedy
        Reason.LOCKED_OUT -> R.string.reason_locked_out_remedy
        Reason.ALREADY_REGISTERED -> R.string.reason_already_registered_remedy
        Reason.NO_PASSKEY -> R.string.reason_no_passkey_remedy
        Reason.KEY_INVALIDATED -> R.string.reason_key_invalidated_remedy
        Reason.NO_STRONG_BOX -> R.string.reason_no_strong_box_remedy
        Reason.ATTESTATION_UNAVAILABLE -> R.string.reason_attestation_unavailable_remedy
        Reason.NOT_PROVISIONED -> R.string.reason_not_provisioned_remedy
        Reason.DEVICE_LOCKED -> R.string.reason_device_locked_remedy
        Reason.NO_SCREEN_LOCK -> R.string.reason_no_screen_lock_remedy
        Reason.KEY_STORE_FULL -> R.string.reason_key_store_full_remedy
        Reason.KEY_STORE_FAILED -> R.string.reason_key_store_failed_remedy
        Reason.WEAK_HARDWARE -> R.string.reason_weak_hardware_remedy
        Reason.INVALID_REQUEST -> R.string.reason_invalid_request_remedy
        Reason.UNTRUSTED_CALLER -> R.string.reason_untrusted_caller_remedy
        Reason.SITE_NOT_ALLOWED -> R.string.reason_site_not_allowed_remedy
        Reason.ROUTE_NOT_ALLOWED -> R.string.reason_route_not_allowed_remedy
        Reason.BUSY -> R.string.reason_busy_remedy
        Reason.STORAGE_FAILED -> R.string.reason_storage_failed_remedy
        Reason.STORAGE_DAMAGED -> R.string.reason_storage_damaged_remedy
        Reason.STORAGE_NEWER -> R.string.reason_storage_newer_remedy
        Reason.STORAGE_FULL -> R.string.reason_storage_full_remedy
        Reason.NOT_A_CODE -> R.string.reason_not_a_code_remedy
        Reason.DAMAGED_CODE -> R.string.reason_damaged_code_remedy
        Reason.DIGITAL_CREDENTIAL -> R.string.reason_digital_credential_remedy
        Reason.CODE_EXPIRED -> R.string.reason_code_expired_remedy
        Reason.BLUETOOTH_OFF -> R.string.reason_bluetooth_off_remedy
        Reason.BLUETOOTH_DENIED -> R.string.reason_bluetooth_denied_remedy
        Reason.BLUETOOTH_MISSING -> R.string.reason_bluetooth_missing_remedy
        Reason.BLUETOOTH_FAILED -> R.string.reason_bluetooth_failed_remedy
        Reason.NETWORK_BLOCKED -> R.string.reason_network_blocked_remedy
        Reason.INTERCEPTED -> R.string.reason_intercepted_remedy
        Reason.TUNNEL_SERVICE_FAILED -> R.string.reason_tunnel_service_failed_remedy
        Reason.CONNECTION_CUT -> R.string.reason_connection_cut_remedy
        Reason.TOO_FAR_AWAY -> R.string.reason_too_far_away_remedy
        Reason.OTHER_DEVICE_LEFT -> R.string.reason_other_device_left_remedy
        Reason.OTHER_DEVICE_INCOMPATIBLE -> R.string.reason_other_device_incompatible_remedy
        Reason.TAMPERED -> R.string.reason_tampered_remedy
        Reason.SITE_UNREACHABLE -> R.string.reason_site_unreachable_remedy
        Reason.UNEXPECTED -> R.string.reason_unexpected_remedy
    }

/** What is going on at this point of an operation. */
@get:StringRes
internal val Step.words: Int
    get() = when (this) {
        Step.CALLER -> R.string.step_caller
        Step.REQUEST -> R.string.step_request
        Step.USER -> R.string.step_user
        Step.KEY -> R.string.step_key
        Step.STORAGE -> R.string.step_storage
        Step.CODE -> R.string.step_code
        Step.TUNNEL -> R.string.step_tunnel
        Step.NEARBY -> R.string.step_nearby
        Step.HANDSHAKE -> R.string.step_handshake
        Step.COMMAND -> R.string.step_command
        Step.ANSWER -> R.string.step_answer
    }
