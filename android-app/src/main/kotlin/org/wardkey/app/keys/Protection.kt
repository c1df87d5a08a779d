package org.wardkey.app.keys

import android.app.KeyguardManager
import android.content.Context
import android.content.pm.PackageManager
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import org.wardkey.core.Biometrics
import org.wardkey.core.KeyHardware
import org.wardkey.core.KeyProtection

/** What protects the keys of this phone, as Android says it: quick, and without touching the hardware. */
internal fun Context.keyProtection() = KeyProtection(
    screenLock = getSystemService(KeyguardManager::class.java).isDeviceSecure,
    biometrics = biometrics(),
    hardware = keyHardware(),
)

private fun Context.biometrics(): Biometrics {
    val manager = getSystemService(BiometricManager::class.java)
    return manager?.let { biometricsOf(it.canAuthenticate(BIOMETRIC_STRONG)) } ?: Biometrics.NO_HARDWARE
}

/** What an answer of [BiometricManager.canAuthenticate] means. */
internal fun biometricsOf(answer: Int): Biometrics = when (answer) {
    BiometricManager.BIOMETRIC_SUCCESS -> Biometrics.READY
    BiometricManager.BIOMETRIC_ERROR_NONE_ENROLLED -> Biometrics.NONE_ENROLLED
    BiometricManager.BIOMETRIC_ERROR_NO_HARDWARE -> Biometrics.NO_HARDWARE
    BiometricManager.BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED -> Biometrics.UPDATE_REQUIRED
    // In use, or whatever a later Android adds: the prompt will say more.
    else -> Biometrics.BUSY
}

private fun Context.keyHardware() = when {
    packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE) -> KeyHardware.STRONG_BOX
    packageManager.hasSystemFeature(PackageManager.FEATURE_HARDWARE_KEYSTORE) ->
        KeyHardware.TRUSTED_ENVIRONMENT
    else -> KeyHardware.UNKNOWN
}
