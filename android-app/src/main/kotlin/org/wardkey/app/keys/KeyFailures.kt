package org.wardkey.app.keys

import android.security.KeyStoreException
import android.security.keystore.BackendBusyException
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import org.wardkey.core.KeyFailure
import java.security.InvalidAlgorithmParameterException
import java.security.ProviderException
import java.security.UnrecoverableKeyException

/** What the Keystore was asked to do: the same exception means different things. */
internal enum class KeyTask {
    /** Make a key and attest it. */
    MAKE,

    /** Sign. */
    USE,

    /** List or delete. */
    MANAGE,
}

/**
 * What the Keystore meant with [thrown]. The outermost exception that means something decides, then its
 * causes. What none of them tells is [KeyFailure.Platform] with the classes and the Keystore's own codes, never
 * with a message: some messages quote the key's alias.
 */
internal fun keyFailure(task: KeyTask, thrown: Throwable): KeyFailure {
    val chain = generateSequence(thrown, Throwable::cause).take(LONGEST_CHAIN).toList()
    return chain.firstNotNullOfOrNull { known(task, it) }
        ?: fallback(task, chain)
        ?: KeyFailure.Platform(chain.joinToString(" < ", transform = ::classAndCode))
}

private fun known(task: KeyTask, thrown: Throwable): KeyFailure? = when (thrown) {
    is KeyFailure -> thrown
    is StrongBoxUnavailableException -> KeyFailure.StrongBoxUnavailable()
    is KeyPermanentlyInvalidatedException -> KeyFailure.Invalidated()
    is UserNotAuthenticatedException -> KeyFailure.NotAuthenticated()
    is BackendBusyException -> KeyFailure.Platform("the key store is busy")
    is KeyStoreException -> coded(task, thrown)
    // Loading an invalidated key: the framework drops the exception that says so; all else has a cause.
    is UnrecoverableKeyException -> if (thrown.cause == null) KeyFailure.Invalidated() else null
    else -> null
}

/** What is left to conclude from classes that say little by themselves. */
private fun fallback(task: KeyTask, chain: List<Throwable>): KeyFailure? = when {
    task != KeyTask.MAKE -> null
    // A key that needs a person cannot be made where nobody could be verified.
    chain.first() is InvalidAlgorithmParameterException && chain.any { it is IllegalStateException } ->
        KeyFailure.NoScreenLock()
    chain.any { it is KeyStoreException } -> null
    // Attestation is the part of making a key that depends on more than the hardware.
    chain.any { it is ProviderException } -> KeyFailure.AttestationUnavailable()
    else -> null
}

private fun coded(task: KeyTask, thrown: KeyStoreException): KeyFailure? =
    when (internalCode(thrown)) {
        ATTESTATION_KEYS_NOT_PROVISIONED -> KeyFailure.AttestationKeysNotProvisioned()
        DEVICE_LOCKED, LOCKED -> KeyFailure.DeviceLocked()
        KEY_PERMANENTLY_INVALIDATED -> KeyFailure.Invalidated()
        MEMORY_ALLOCATION_FAILED -> KeyFailure.Full()
        HARDWARE_TYPE_UNAVAILABLE -> KeyFailure.StrongBoxUnavailable()
        else -> publiclyCoded(task, thrown)
    }

private fun publiclyCoded(task: KeyTask, thrown: KeyStoreException): KeyFailure? =
    when (thrown.numericErrorCode) {
        KeyStoreException.ERROR_USER_AUTHENTICATION_REQUIRED -> KeyFailure.NotAuthenticated()
        KeyStoreException.ERROR_KEY_DOES_NOT_EXIST -> KeyFailure.NotFound()
        KeyStoreException.ERROR_ATTESTATION_KEYS_UNAVAILABLE ->
            if (thrown.isTransientFailure) KeyFailure.AttestationUnavailable()
            else KeyFailure.AttestationKeysNotProvisioned()
        KeyStoreException.ERROR_DEVICE_REQUIRES_UPGRADE_FOR_ATTESTATION,
        KeyStoreException.ERROR_ID_ATTESTATION_FAILURE,
        -> KeyFailure.AttestationUnavailable()
        // The network, or a busy moment, stood between the phone and its attestation.
        else ->
            if (task == KeyTask.MAKE && thrown.isTransientFailure) KeyFailure.AttestationUnavailable()
            else null
    }

/**
 * KeyMint's (negative) or Keystore's (positive) own code. Several that need different remedies share a public
 * code, and the framework tells the difference in words only; null if these ever change.
 */
private fun internalCode(thrown: KeyStoreException): Int? =
    INTERNAL_CODE.find(thrown.toString())?.groupValues?.get(1)?.toIntOrNull()

private fun classAndCode(thrown: Throwable): String = when (thrown) {
    is KeyStoreException ->
        "${thrown.javaClass.name} ${thrown.numericErrorCode}/${internalCode(thrown) ?: "?"}"
    else -> thrown.javaClass.name
}

private val INTERNAL_CODE = Regex("internal Keystore code: (-?\\d+)")

/** Causes may run in circles. */
private const val LONGEST_CHAIN = 8

// KeyMint's ErrorCode.
private const val MEMORY_ALLOCATION_FAILED = -41
private const val HARDWARE_TYPE_UNAVAILABLE = -68
private const val DEVICE_LOCKED = -72
private const val ATTESTATION_KEYS_NOT_PROVISIONED = -74

// Keystore 2's ResponseCode.
private const val LOCKED = 2
private const val KEY_PERMANENTLY_INVALIDATED = 17
