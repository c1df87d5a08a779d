package org.wardkey.app.provider

import android.app.KeyguardManager
import android.content.Context
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowBiometricManager

/** A phone as its owner should have it: with a screen lock and a fingerprint. */
internal fun secure(context: Context) {
    setScreenLock(context, true)
    setBiometrics(context, true)
}

internal fun setScreenLock(context: Context, set: Boolean) =
    shadowOf(context.getSystemService(KeyguardManager::class.java)).setIsDeviceSecure(set)

internal fun setBiometrics(context: Context, enrolled: Boolean) {
    val manager = context.getSystemService(BiometricManager::class.java)
    Shadow.extract<ShadowBiometricManager>(manager).run {
        setCanAuthenticate(enrolled)
        setAuthenticatorType(BIOMETRIC_STRONG)
    }
    val works = manager.canAuthenticate(BIOMETRIC_STRONG) == BiometricManager.BIOMETRIC_SUCCESS
    check(works == enrolled) { "Robolectric's biometrics are not as set" }
}
