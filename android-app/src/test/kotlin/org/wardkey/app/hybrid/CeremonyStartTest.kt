package org.wardkey.app.hybrid

import android.Manifest
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.ScreenTest

/** Counts how often it has begun. */
internal class CountingCeremonyActivity : TestCeremonyActivity() {
    var begun = 0

    override fun ceremonyFor(code: String): Ceremony = super.ceremonyFor(code).also { begun += 1 }
}

/** Where and how often a ceremony begins. */
internal class CeremonyStartTest : ScreenTest() {
    private val application = RuntimeEnvironment.getApplication()
    private val advertising = Manifest.permission.BLUETOOTH_ADVERTISE
    private val link = Intent(Intent.ACTION_VIEW, Uri.parse("FIDO:/1"))

    private fun built(intent: Intent = link): ActivityController<CountingCeremonyActivity> =
        Robolectric.buildActivity(CountingCeremonyActivity::class.java, intent)

    /** Behind Android's question the app may be killed, and its screen made anew with the answer given. */
    @Test
    fun `a screen made anew behind the question for Bluetooth begins once`() {
        shadowOf(application).denyPermissions(advertising)
        val first = built().setup()
        first.get().tap(R.id.ask_allow)
        val asked = shadowOf(first.get()).lastRequestedPermission
        val saved = Bundle()
        first.pause().stop().saveInstanceState(saved).destroy()

        shadowOf(application).grantPermissions(advertising)
        val anew = built().create(saved).start()
        assertEquals(1, anew.get().begun)
        anew.get().onRequestPermissionsResult(asked.requestCode, arrayOf(advertising), intArrayOf(0))
        assertEquals(1, anew.get().begun)
        anew.pause().stop().destroy()
    }

    @Test
    fun `a link within another app's task begins in a task of this one`() {
        shadowOf(application).grantPermissions(advertising)
        val guest = built(Intent(link).putExtra("org.example.EXTRA", "theirs"))
        shadowOf(guest.get()).setIsTaskRoot(false)
        guest.create()
        assertTrue(guest.get().isFinishing)
        assertEquals(0, guest.get().begun)
        val moved = checkNotNull(shadowOf(guest.get()).nextStartedActivity)
        assertEquals(CeremonyActivity::class.java.name, moved.component?.className)
        assertEquals(Intent.ACTION_VIEW to "FIDO:/1", moved.action to moved.dataString)
        assertNotEquals(0, moved.flags and Intent.FLAG_ACTIVITY_NEW_TASK)
        assertEquals("nothing of theirs", null, moved.extras)
        guest.destroy()

        val host = built(moved)
        shadowOf(host.get()).setIsTaskRoot(false)
        host.setup()
        assertEquals("on top of what this app shows already", 1, host.get().begun)
        assertFalse(host.get().isFinishing)
        host.pause().stop().destroy()
    }

    /** Android only brings back a task whose first screen was opened with an intent like the new one. */
    @Test
    fun `the same code can be opened again`() {
        val intents = List(2) { CeremonyActivity.opening(application, "FIDO:/1") }
        assertFalse(intents[0].filterEquals(intents[1]))
    }

    @Test
    fun `a guest that is made anew tells what became of it where it stands`() {
        shadowOf(application).grantPermissions(advertising)
        val first = built().setup()
        val saved = Bundle()
        first.pause().stop().saveInstanceState(saved).destroy()
        val anew = built()
        shadowOf(anew.get()).setIsTaskRoot(false)
        anew.create(saved)
        idleUntil { anew.get().isFinishing }
        assertEquals(0, anew.get().begun)
        val told = shadowOf(anew.get()).nextStartedActivity
        assertEquals(ResultActivity::class.java.name, told.component?.className)
    }
}
