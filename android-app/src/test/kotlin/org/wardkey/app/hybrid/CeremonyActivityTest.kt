package org.wardkey.app.hybrid

import android.Manifest
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.os.Looper
import android.view.View
import android.view.WindowManager
import android.widget.TextView
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.MutableStateFlow
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.wardkey.app.R
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.Look
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.ScreenTest
import org.wardkey.app.screens.world
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.app.words.words
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.io.File

/** A ceremony's screen, with a ceremony that goes as the test says. */
internal open class TestCeremonyActivity : CeremonyActivity(), Ceremony {
    override val progress = MutableStateFlow(emptyList<Progress>())
    val outcome = CompletableDeferred<HybridOutcome>()
    var code: String? = null
    var calledOff = false
    var cancelled = false

    override fun ceremonyFor(code: String): Ceremony = also { this.code = code }

    override suspend fun run(): HybridOutcome = try {
        outcome.await()
    } finally {
        cancelled = !outcome.isCompleted
    }

    override fun callOff() {
        calledOff = true
    }

    fun at(step: Step) {
        progress.value += Progress(step, 0u)
    }

    fun fail(reason: Reason) {
        outcome.complete(HybridOutcome.Failed(Failure(Step.TUNNEL, reason, "detail", DomError.NOT_ALLOWED)))
    }

    fun text(id: Int) = requireViewById<TextView>(id).text.toString()

    fun tap(id: Int) = requireViewById<View>(id).performClick()
}

internal class CeremonyActivityTest : ScreenTest() {
    private val application = RuntimeEnvironment.getApplication()

    @Before
    fun allow() = shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)

    private fun deny() = shadowOf(application).denyPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)

    private fun link(text: String) = Intent(Intent.ACTION_VIEW, Uri.parse(text))

    private val opened = mutableListOf<ActivityController<TestCeremonyActivity>>()

    private fun open(text: String = "FIDO:/1") = open(link(text))

    private fun open(intent: Intent) =
        Robolectric.buildActivity(TestCeremonyActivity::class.java, intent).setup()
            .also(opened::add).also { idle() }

    /** Or their ceremonies would never end. */
    @After
    fun close() = opened.filterNot { it.get().isDestroyed }.forEach { it.close() }

    private fun idle() = shadowOf(Looper.getMainLooper()).idle()

    @Test
    fun `draws a ceremony in every look`() = draw<TestCeremonyActivity>("ceremony") { it.at(Step.NEARBY) }

    @Test
    fun `every step fits on every screen`() = Step.entries.forEach { step ->
        val name = "ceremony-${step.name.lowercase()}"
        draw<TestCeremonyActivity>(name, listOf(Look.WELSH_LARGE_TEXT)) { it.at(step) }
    }

    @Test
    fun `draws its question for Bluetooth in every look`() {
        deny()
        draw<TestCeremonyActivity>("ceremony-permission")
    }

    @Test
    fun `answers links in both cases, and only those`() {
        for ((link, expected) in mapOf("FIDO:/123" to 1, "fido:/123" to 1, "https://example.org" to 0)) {
            val intent = link(link).addCategory(Intent.CATEGORY_BROWSABLE).setPackage(application.packageName)
            val found = application.packageManager.queryIntentActivities(intent, 0)
            assertEquals(link, expected, found.size)
            found.forEach { assertEquals(CeremonyActivity::class.java.name, it.activityInfo.name) }
        }
    }

    @Test
    fun `takes the code as it stands in the link`() {
        for (text in listOf("FIDO:/0123", "fido:/0123", "FIDO:/%00", "FIDO:/" + "9".repeat(100_000))) {
            assertEquals(text, open(text).get().code)
        }
        assertEquals("", open(Intent(Intent.ACTION_VIEW)).get().code)
    }

    /** Whoever opens a link may send anything along. */
    @Test
    fun `what comes with a link begins nothing else and ends nothing`() {
        val wayBack = CeremonyActivity.wayBack(application).extras!!.keySet().single()
        val bent = listOf<Intent.() -> Unit>(
            { putExtra(wayBack, "true") },
            { putExtra(wayBack, 1) },
            { putExtra(wayBack, Bundle()) },
            { putExtra("step", 7).putExtra("name", Bundle()) },
        )
        for (bend in bent) assertEquals("FIDO:/1", open(link("FIDO:/1").apply(bend)).get().code)
        // As the ceremony's own notice says it: there is none to go back to.
        val back = open(link("FIDO:/1").putExtra(wayBack, true)).get()
        assertTrue(back.isFinishing)
        assertNull(shadowOf(application).nextStartedActivity)
    }

    @Test
    fun `each step is shown in words and read out`() {
        val screen = open().get()
        for (step in Step.entries) {
            screen.at(step)
            idle()
            assertEquals(screen.getString(step.words), screen.text(R.id.ceremony_step))
        }
        val shown = screen.requireViewById<View>(R.id.ceremony_step)
        assertEquals(View.ACCESSIBILITY_LIVE_REGION_POLITE, shown.accessibilityLiveRegion)
    }

    @Test
    fun `the screen stays on while it lasts`() {
        val screen = open().get()
        fun staysOn() = screen.window.attributes.flags and WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON != 0
        assertTrue(staysOn())
    }

    @Test
    fun `a success is told on the screen for results`() {
        val code = "1234 5678 9012"
        val words = mapOf(
            HybridOutcome.Registered(code) to R.string.result_registered,
            HybridOutcome.SignedIn to R.string.result_signed_in,
        )
        for ((outcome, title) in words) {
            val screen = open().get()
            screen.outcome.complete(outcome)
            val result = resultOf(screen)
            assertEquals(screen.getString(title), result.text(R.id.result_title))
            val told = if (outcome is HybridOutcome.Registered) code else ""
            assertEquals(told, result.text(R.id.result_witness))
        }
    }

    @Test
    fun `every failure is told with its remedy and the way to a new code`() {
        for (reason in Reason.entries) {
            val screen = open().get()
            screen.fail(reason)
            val result = resultOf(screen)
            assertEquals(screen.getString(reason.title), result.text(R.id.result_title))
            assertEquals(screen.getString(reason.remedy), result.text(R.id.result_text))
            result.requireViewById<View>(R.id.result_again).performClick()
            val opened = shadowOf(result).nextStartedActivity
            assertEquals(ScanActivity::class.java.name, opened.component?.className)
            assertTrue(result.isFinishing)
        }
        idleUntil { world.failures.recent().isNotEmpty() }
    }

    @Test
    fun `a ceremony that ended with its process is not begun again with the old code`() {
        val controller = open()
        controller.get().at(Step.COMMAND)
        idle()
        val saved = Bundle()
        controller.pause().stop().saveInstanceState(saved).destroy()
        val anew = Robolectric.buildActivity(TestCeremonyActivity::class.java, link("FIDO:/1"))
            .create(saved).start().get()
        assertEquals("no ceremony", null, anew.code)
        val result = resultOf(anew)
        assertEquals(anew.getString(Reason.CONNECTION_CUT.title), result.text(R.id.result_title))
        assertTrue(result.text(R.id.result_step).endsWith(anew.getString(Step.COMMAND.words)))
    }

    @Test
    fun `what became of it waits for a person who is elsewhere`() {
        val controller = open()
        controller.pause().stop()
        controller.get().fail(Reason.TIMED_OUT)
        // In the step in which it would have been told.
        idleUntil { shadowOf(application).nextStoppedService != null }
        assertEquals(null, shadowOf(controller.get()).peekNextStartedActivity())
        assertFalse(controller.get().isFinishing)
        controller.restart()
        val result = resultOf(controller.get())
        assertEquals(result.getString(Reason.TIMED_OUT.title), result.text(R.id.result_title))
    }

    /** Android takes the state down when the screen is left, and the ceremony ends after that. */
    private fun endedElsewhere(end: (TestCeremonyActivity) -> Unit): Pair<TestCeremonyActivity, Bundle> {
        val saved = keptElsewhere(end)
        val anew = Robolectric.buildActivity(TestCeremonyActivity::class.java, link("FIDO:/1"))
        return anew.create(saved).start().get() to saved
    }

    /** What became of it is kept, and no screen of its own is there to tell it. */
    private fun keptElsewhere(end: (TestCeremonyActivity) -> Unit): Bundle {
        val controller = open()
        controller.get().at(Step.USER)
        idle()
        val saved = Bundle()
        controller.pause().stop().saveInstanceState(saved)
        end(controller.get())
        idleUntil { File(application.noBackupFilesDir, "untold").exists() }
        controller.destroy()
        return saved
    }

    @Test
    fun `what was done before its process ended is told as done, with its code`() {
        val code = "1234 5678 9012"
        val (anew, saved) = endedElsewhere { it.outcome.complete(HybridOutcome.Registered(code)) }
        val result = resultOf(anew)
        assertEquals(anew.getString(R.string.result_registered), result.text(R.id.result_title))
        assertEquals(code, result.text(R.id.result_witness))
        assertEquals("no ceremony", null, anew.code)
        val once = Robolectric.buildActivity(TestCeremonyActivity::class.java, link("FIDO:/1"))
        val again = resultOf(once.create(saved).start().get())
        assertEquals("only once", anew.getString(Reason.CONNECTION_CUT.title), again.text(R.id.result_title))
    }

    @Test
    fun `what failed before its process ended is told with its own reason`() {
        val (anew, _) = endedElsewhere { it.fail(Reason.NETWORK_BLOCKED) }
        val result = resultOf(anew)
        assertEquals(anew.getString(Reason.NETWORK_BLOCKED.title), result.text(R.id.result_title))
    }

    @Test
    fun `what became of one ceremony is not told of another`() {
        keptElsewhere { it.outcome.complete(HybridOutcome.Registered("1234 5678 9012")) }
        val other = open()
        val saved = Bundle()
        other.get().at(Step.USER)
        idle()
        other.pause().stop().saveInstanceState(saved).destroy()
        val anew = Robolectric.buildActivity(TestCeremonyActivity::class.java, link("FIDO:/1"))
        val result = resultOf(anew.create(saved).start().get())
        assertEquals(result.getString(Reason.CONNECTION_CUT.title), result.text(R.id.result_title))
    }

    @Test
    fun `a screen that is made anew twice before it could tell still begins nothing`() {
        val controller = open()
        controller.get().at(Step.COMMAND)
        idle()
        val first = Bundle()
        controller.pause().stop().saveInstanceState(first).destroy()
        val second = Bundle()
        val twin = Robolectric.buildActivity(TestCeremonyActivity::class.java, link("FIDO:/1"))
        twin.create(first).saveInstanceState(second)
        val last = Robolectric.buildActivity(TestCeremonyActivity::class.java, link("FIDO:/1"))
            .create(second).start().get()
        assertEquals("no ceremony", null, last.code)
        val result = resultOf(last)
        assertTrue(result.text(R.id.result_step).endsWith(last.getString(Step.COMMAND.words)))
    }

    /** The screen that tells what became of the ceremony, which is over by then. */
    private fun resultOf(screen: CeremonyActivity): ResultActivity {
        idleUntil { screen.isFinishing }
        val intent = shadowOf(screen).nextStartedActivity
        assertEquals(ResultActivity::class.java.name, intent.component?.className)
        return Robolectric.buildActivity(ResultActivity::class.java, intent).setup().get()
    }

    private fun ResultActivity.text(id: Int) = requireViewById<TextView>(id).text.toString()

    @Test
    fun `cancel calls it off, leaving ends it`() {
        val controller = open()
        controller.get().tap(R.id.ceremony_cancel)
        assertTrue(controller.get().calledOff)
        controller.pause().stop().destroy()
        idle()
        assertTrue(controller.get().cancelled)
    }

    @Test
    fun `asks for Bluetooth with a reason before it begins`() {
        deny()
        val screen = open().get()
        assertEquals(null, screen.code)
        screen.tap(R.id.ask_allow)
        val asked = shadowOf(screen).lastRequestedPermission
        assertEquals(listOf(Manifest.permission.BLUETOOTH_ADVERTISE), asked.requestedPermissions.toList())
        screen.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf(-1))
        assertEquals(null, screen.code)
        screen.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf(0))
        assertEquals("FIDO:/1", screen.code)
    }

    @Test
    @Config(application = WardkeyApplication::class)
    fun `hostile codes end on a screen that says so, with the real core`() {
        val large = "FIDO:/" + "9".repeat(100_000)
        for (text in listOf("FIDO:/", "FIDO:/12", "fido:/%00%0a", large, "FIDO://1", "FIDO:/1\uD800")) {
            val screen = Robolectric.buildActivity(CeremonyActivity::class.java, link(text)).setup().get()
            val heading = resultOf(screen).text(R.id.result_title)
            val expected = listOf(Reason.NOT_A_CODE, Reason.DAMAGED_CODE).map { screen.getString(it.title) }
            assertTrue("$text: $heading", heading in expected)
        }
    }
}
