package org.wardkey.app.screens.preflight

import android.app.Activity
import android.content.ComponentName
import android.content.Intent
import android.content.IntentFilter
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import android.provider.Settings
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.core.Fix

/** Where the buttons of the preflight lead. */
@RunWith(RobolectricTestRunner::class)
internal class FixTest {
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()

    @Test
    fun `every fix opens its page`() = assertEquals(
        mapOf(
            Fix.SCREEN_LOCK to "android.app.action.SET_NEW_PASSWORD",
            Fix.BIOMETRICS to "android.settings.BIOMETRIC_ENROLL",
            Fix.PROVIDER to "android.settings.CREDENTIAL_PROVIDER",
            Fix.PLAY_SERVICES to "android.settings.APPLICATION_DETAILS_SETTINGS",
            Fix.PERMISSIONS to "android.settings.APPLICATION_DETAILS_SETTINGS",
            Fix.BLUETOOTH to "android.settings.BLUETOOTH_SETTINGS",
            Fix.NETWORK to "android.settings.WIRELESS_SETTINGS",
            Fix.BATTERY_SAVER to "android.settings.BATTERY_SAVER_SETTINGS",
            Fix.CLOCK to "android.settings.DATE_SETTINGS",
            Fix.UPDATE to "android.settings.SYSTEM_UPDATE_SETTINGS",
        ),
        Fix.entries.associateWith { opened(it).action },
    )

    @Test
    fun `pages of an app name the app`() {
        val own = "package:${activity.packageName}"
        assertEquals(own, opened(Fix.PROVIDER).dataString)
        assertEquals(own, opened(Fix.PERMISSIONS).dataString)
        assertEquals("package:com.google.android.gms", opened(Fix.PLAY_SERVICES).dataString)
    }

    @Test
    fun `biometrics are set up strong enough to sign`() {
        val extra = opened(Fix.BIOMETRICS).getIntExtra(Settings.EXTRA_BIOMETRIC_AUTHENTICATORS_ALLOWED, 0)
        assertEquals(BIOMETRIC_STRONG, extra)
    }

    @Test
    fun `a page that a maker left out leads to Settings`() {
        shadowOf(RuntimeEnvironment.getApplication()).checkActivities(true)
        val settings = ComponentName("com.android.settings", "com.android.settings.Settings")
        val packages = shadowOf(activity.packageManager)
        packages.addActivityIfNotPresent(settings)
        val filter = IntentFilter(Settings.ACTION_SETTINGS).apply { addCategory(Intent.CATEGORY_DEFAULT) }
        packages.addIntentFilterForActivity(settings, filter)
        for (fix in Fix.entries) assertEquals(Settings.ACTION_SETTINGS, opened(fix).action)
    }

    private fun opened(fix: Fix): Intent {
        fix.openFrom(activity)
        return shadowOf(activity).nextStartedActivity
    }
}
