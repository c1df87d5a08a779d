package org.wardkey.app.screens

import android.content.ComponentName
import android.content.Intent
import android.content.IntentFilter
import android.provider.Settings
import android.view.View
import org.junit.Assert.assertEquals
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.BuildVariant
import org.wardkey.app.R

internal class HomeActivityTest : ScreenTest() {
    @Test
    fun `draws in every look`() = draw<HomeActivity>("home")

    @Test
    fun `opens Android's list of passkey services for this app`() {
        val home = Robolectric.buildActivity(HomeActivity::class.java).setup().get()
        home.requireViewById<View>(R.id.home_open_settings).performClick()
        val opened = shadowOf(home).nextStartedActivity
        assertEquals("android.settings.CREDENTIAL_PROVIDER", opened.action)
        assertEquals("package:${home.packageName}", opened.dataString)
    }

    @Test
    fun `opens Settings where a maker left that list out`() {
        shadowOf(RuntimeEnvironment.getApplication()).checkActivities(true)
        val home = Robolectric.buildActivity(HomeActivity::class.java).setup().get()
        val settings = ComponentName("com.android.settings", "com.android.settings.Settings")
        shadowOf(home.packageManager).addActivityIfNotPresent(settings)
        shadowOf(home.packageManager).addIntentFilterForActivity(
            settings,
            IntentFilter(Settings.ACTION_SETTINGS).apply {
                addCategory(Intent.CATEGORY_DEFAULT)
            },
        )
        home.requireViewById<View>(R.id.home_open_settings).performClick()
        assertEquals(Settings.ACTION_SETTINGS, shadowOf(home).nextStartedActivity.action)
    }

    @Test
    fun `shows the banner in a debug build only`() {
        val home = Robolectric.buildActivity(HomeActivity::class.java).setup().get()
        val expected = if (System.getProperty("wardkey.debug").toBoolean()) View.VISIBLE else View.GONE
        assertEquals(expected, home.requireViewById<View>(R.id.debug_banner).visibility)
        assertEquals(expected == View.VISIBLE, BuildVariant.of(home) == BuildVariant.DEBUG)
    }
}
