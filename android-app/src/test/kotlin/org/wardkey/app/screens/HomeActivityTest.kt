package org.wardkey.app.screens

import android.app.Activity
import android.content.ComponentName
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.BuildVariant
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.words.title
import org.wardkey.core.BluetoothState
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason

internal class HomeActivityTest : ScreenTest() {
    private val scanner = ComponentName(
        RuntimeEnvironment.getApplication(),
        "org.wardkey.app.hybrid.ScanActivity",
    )
    private val packages = shadowOf(RuntimeEnvironment.getApplication().packageManager)

    @Before
    fun `put the scanner's screen into the package`() {
        packages.addActivityIfNotPresent(scanner)
    }

    @Test
    fun `draws a phone without passkeys`() = draw<HomeActivity>("home-empty") { awaitFilled(it) }

    @Test
    fun `draws passkeys`() {
        world.passkeys += samples
        draw<HomeActivity>("home") { awaitFilled(it) }
    }

    @Test
    fun `draws a phone that is not ready`() {
        world.passkeys += samples
        world.probes.bluetooth = BluetoothState.OFF
        draw<HomeActivity>("home-not-ready") { awaitFilled(it) }
    }

    @Test
    fun `draws a phone whose scanner is switched off`() {
        world.configuration = unmanaged.copy(scanner = false)
        draw<HomeActivity>("home-scan-off") { awaitFilled(it) }
    }

    @Test
    fun `draws names of any length`() {
        world.passkeys += longest
        draw<HomeActivity>("home-long") { awaitFilled(it) }
    }

    @Test
    fun `draws passkeys that cannot be read`() {
        world.failure = PasskeyException.Internal(failure(Reason.STORAGE_DAMAGED))
        draw<HomeActivity>("home-failure") { activity -> idleUntil { activity.shows(R.id.home_failure) } }
    }

    @Test
    fun `sweeps keys of no passkey when the app is opened, and goes on if that fails`() {
        home()
        assertEquals(1, world.sweeps)
        world.failure = PasskeyException.Hardware(failure(Reason.KEY_STORE_FAILED))
        val activity = Robolectric.buildActivity(HomeActivity::class.java).setup().get()
        idleUntil { activity.shows(R.id.home_failure) }
        assertFalse(activity.isFinishing)
    }

    @Test
    fun `lists each passkey with what matters`() {
        world.passkeys += samples
        val rows = home().requireViewById<ViewGroup>(R.id.home_passkeys)
        assertEquals(samples.size, rows.childCount)
        val (good, invalidated) = List(2) { rows.getChildAt(it) }
        assertEquals("sign-in.\u200Bexample.\u200Borg", good.text(R.id.passkey_site))
        assertEquals("clinician@example.org", good.text(R.id.passkey_account))
        assertTrue(good.text(R.id.passkey_last_used), "2026" in good.text(R.id.passkey_last_used))
        assertTrue(good.shows(R.id.passkey_level))
        assertFalse(good.shows(R.id.passkey_invalidated))
        assertEquals("Not used yet", invalidated.text(R.id.passkey_last_used))
        assertTrue(invalidated.shows(R.id.passkey_invalidated))
    }

    @Test
    fun `a passkey opens its details`() {
        world.passkeys += samples
        val home = home()
        home.requireViewById<ViewGroup>(R.id.home_passkeys).getChildAt(1).performClick()
        val opened = shadowOf(home).nextStartedActivity
        assertEquals(DetailsActivity::class.java.name, opened.component?.className)
        val ids = requireNotNull(opened.extras).run { keySet().mapNotNull { getByteArray(it)?.toList() } }
        assertEquals(listOf(samples[1].credentialId.toList()), ids)
    }

    @Test
    fun `buttons lead to the other screens`() {
        val home = home()
        val expected = mapOf(
            R.id.home_scan to scanner.className,
            R.id.home_preflight to PreflightActivity::class.java.name,
            R.id.home_not_ready to PreflightActivity::class.java.name,
            R.id.home_diagnostics to DiagnosticsActivity::class.java.name,
            R.id.home_failure_diagnostics to DiagnosticsActivity::class.java.name,
        )
        for ((button, screen) in expected) {
            home.requireViewById<View>(button).performClick()
            assertEquals(screen, shadowOf(home).nextStartedActivity.component?.className)
        }
    }

    @Test
    fun `warns of a phone that is not ready, and only of that`() {
        assertFalse(home().shows(R.id.home_not_ready))
        world.probes.bluetooth = BluetoothState.OFF
        assertTrue(home().shows(R.id.home_not_ready))
    }

    @Test
    fun `offers no scanner where the organization has switched it off`() {
        world.configuration = unmanaged.copy(scanner = false)
        val home = home()
        assertFalse(home.shows(R.id.home_scan))
        assertTrue(home.shows(R.id.home_scan_off))
    }

    @Test
    fun `offers no scanner in a package without one`() {
        packages.removeActivity(scanner)
        val home = home()
        assertFalse(home.shows(R.id.home_scan))
        assertFalse(home.shows(R.id.home_scan_off))
    }

    @Test
    fun `shows what is new on coming back`() {
        val controller = Robolectric.buildActivity(HomeActivity::class.java).setup()
        awaitFilled(controller.get())
        controller.pause().stop()
        world.passkeys += samples
        controller.start().resume()
        val rows = controller.get().requireViewById<ViewGroup>(R.id.home_passkeys)
        idleUntil { rows.childCount == samples.size }
    }

    @Test
    fun `says why passkeys cannot be read, and forgets it when they can`() {
        world.failure = PasskeyException.Internal(failure(Reason.STORAGE_FAILED))
        val controller = Robolectric.buildActivity(HomeActivity::class.java).setup()
        val home = controller.get()
        idleUntil { home.shows(R.id.home_failure) }
        assertEquals(home.getString(Reason.STORAGE_FAILED.title), home.text(R.id.home_failure_title))
        world.failure = null
        controller.pause().stop().start().resume()
        idleUntil { !home.shows(R.id.home_failure) }
    }

    @Test
    fun `shows the banner in a debug build only`() {
        val home = home()
        val expected = System.getProperty("wardkey.debug").toBoolean()
        assertEquals(expected, home.shows(R.id.debug_banner))
        assertEquals(expected, BuildVariant.of(home) == BuildVariant.DEBUG)
    }

    private fun home() = Robolectric.buildActivity(HomeActivity::class.java).setup().get().also(::awaitFilled)

    private fun awaitFilled(home: Activity) = idleUntil {
        home.text(R.id.home_passkeys_note) != home.getString(R.string.home_opening)
    }

    private companion object {
        val samples = listOf(
            passkey(),
            passkey(id = 2, rpId = "records.example.org", invalidated = true, lastUsed = null),
            passkey(id = 3, rpId = "rota.example.org", userName = "", strongBox = false),
        )
    }
}

internal fun Activity.shows(id: Int) = requireViewById<View>(id).visibility == View.VISIBLE

internal fun Activity.text(id: Int) = requireViewById<TextView>(id).text.toString()

internal fun View.shows(id: Int) = requireViewById<View>(id).visibility == View.VISIBLE

internal fun View.text(id: Int) = requireViewById<TextView>(id).text.toString()
