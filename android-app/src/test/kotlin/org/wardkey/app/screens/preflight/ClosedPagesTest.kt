package org.wardkey.app.screens.preflight

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.provider.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.shadows.ShadowToast
import org.wardkey.app.R
import org.wardkey.core.Fix

/** A screen of an app to which Android opens the pages in [open] alone. */
internal class ShutInActivity : Activity() {
    var open = emptySet<String>()
    var refusal: RuntimeException = SecurityException("not exported")
    val tried = mutableListOf<String>()

    override fun startActivity(intent: Intent) {
        val page = checkNotNull(intent.action)
        tried += page
        if (page !in open) throw refusal
    }
}

/** Pages that exist and may not be opened: some makers, and organizations that lock a phone down. */
@RunWith(RobolectricTestRunner::class)
internal class ClosedPagesTest {
    private val activity = Robolectric.buildActivity(ShutInActivity::class.java).setup().get()

    @Test
    fun `a page that is closed to the app leads to Settings`() {
        activity.open = setOf(Settings.ACTION_SETTINGS)
        for (fix in Fix.entries) {
            activity.tried.clear()
            fix.openFrom(activity)
            assertEquals("$fix", 2, activity.tried.size)
            assertEquals(Settings.ACTION_SETTINGS, activity.tried.last())
        }
        assertNull(ShadowToast.getTextOfLatestToast())
    }

    @Test
    fun `where Settings are closed too, the person is told`() {
        for (refusal in listOf(SecurityException("not exported"), ActivityNotFoundException("disabled"))) {
            ShadowToast.reset()
            activity.refusal = refusal
            Fix.BLUETOOTH.openFrom(activity)
            assertEquals(activity.getString(R.string.fix_closed), ShadowToast.getTextOfLatestToast())
        }
    }
}
