package org.wardkey.app.screens

import android.content.Intent
import android.os.Looper
import android.view.View
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.app.words.words
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.Use

internal class ResultActivityTest : ScreenTest() {
    private val context = RuntimeEnvironment.getApplication()

    @Test
    fun `draws a sign-in`() =
        draw<ResultActivity>("result-signed-in", intent = { ResultActivity.success(context, Use.SIGN_IN) })

    @Test
    fun `draws a registration`() =
        draw<ResultActivity>("result-registered", intent = { ResultActivity.success(context, Use.REGISTER) })

    @Test
    fun `draws a failure`() {
        world.configuration = unmanaged.copy(supportContact = "IT service desk, 01632 960 000")
        draw<ResultActivity>("result-failure", intent = { of(Reason.NETWORK_BLOCKED, Step.TUNNEL) })
    }

    @Test
    fun `draws the details of a failure`() =
        draw<ResultActivity>("result-detail", intent = { of(Reason.TOO_FAR_AWAY, Step.NEARBY) }) {
            it.requireViewById<View>(R.id.result_toggle).performClick()
        }

    @Test
    fun `every reason fits on every screen`() = Reason.entries.forEach { reason ->
        val name = "result-${reason.name.lowercase()}"
        draw<ResultActivity>(name, listOf(Look.WELSH_LARGE_TEXT), { of(reason) })
    }

    @Test
    fun `every failure has its words, and its step when asked`() {
        for (reason in Reason.entries) for (step in listOf(Step.KEY, Step.TUNNEL)) {
            val activity = opened(of(reason, step))
            assertEquals(activity.getString(reason.title), activity.text(R.id.result_title))
            assertEquals(activity.getString(reason.remedy), activity.text(R.id.result_text))
            assertFalse(activity.shows(R.id.result_detail_card))
            activity.requireViewById<View>(R.id.result_toggle).performClick()
            assertTrue(activity.shows(R.id.result_detail_card))
            assertTrue(activity.text(R.id.result_step).endsWith(activity.getString(step.words)))
            assertEquals("in detail", activity.text(R.id.result_detail))
            activity.requireViewById<View>(R.id.result_toggle).performClick()
            assertFalse(activity.shows(R.id.result_detail_card))
        }
    }

    @Test
    fun `what Android has a page for has a button`() {
        val pages = Reason.entries.associateWith { reason ->
            val activity = opened(of(reason))
            activity.requireViewById<View>(R.id.result_fix).performClick()
            shadowOf(activity).nextStartedActivity?.action
        }.filterValues { it != null }
        val expected = mapOf(
            Reason.NO_SCREEN_LOCK to "android.app.action.SET_NEW_PASSWORD",
            Reason.BLUETOOTH_OFF to "android.settings.BLUETOOTH_SETTINGS",
            Reason.BLUETOOTH_DENIED to "android.settings.APPLICATION_DETAILS_SETTINGS",
            Reason.BLUETOOTH_FAILED to "android.settings.BLUETOOTH_SETTINGS",
            Reason.NETWORK_BLOCKED to "android.settings.WIRELESS_SETTINGS",
            Reason.INTERCEPTED to "android.settings.WIRELESS_SETTINGS",
        )
        assertEquals(expected, pages)
    }

    @Test
    fun `names whom to ask, if there is somebody`() {
        assertFalse(opened(of(Reason.BUSY)).shows(R.id.result_support))
        world.configuration = unmanaged.copy(supportContact = "support@example.org")
        val words = opened(of(Reason.BUSY)).text(R.id.result_support)
        assertEquals("Support contact: support@example.org", words)
    }

    @Test
    fun `a failure is kept once for the diagnostics, a success is not`() {
        val intent = of(Reason.CODE_EXPIRED, Step.TUNNEL)
        val controller = Robolectric.buildActivity(ResultActivity::class.java, intent)
        controller.setup()
        idleUntil { world.failures.recent().isNotEmpty() }
        controller.recreate()
        opened(ResultActivity.success(context, Use.SIGN_IN))
        val kept = world.failures.recent().map { it.step to it.reason }
        assertEquals(listOf(Step.TUNNEL to Reason.CODE_EXPIRED), kept)
    }

    @Test
    fun `a success has no failure's buttons`() {
        val activity = opened(ResultActivity.success(context, Use.REGISTER))
        assertFalse(activity.shows(R.id.result_failure))
        activity.requireViewById<View>(R.id.result_close).performClick()
        assertTrue(activity.isFinishing)
    }

    @Test
    fun `an intent that cannot be read is a mistake of the app`() {
        val odd = of(Reason.BUSY).apply { extras?.keySet()?.forEach { putExtra(it, 7) } }
        for (intent in listOf(Intent(), odd)) {
            assertEquals(context.getString(Reason.UNEXPECTED.title), opened(intent).text(R.id.result_title))
        }
    }

    private fun of(reason: Reason, step: Step = Step.KEY) =
        ResultActivity.failure(context, failure(reason, step))

    private fun opened(intent: Intent): ResultActivity {
        val activity = Robolectric.buildActivity(ResultActivity::class.java, intent).setup().get()
        shadowOf(Looper.getMainLooper()).idle()
        return activity
    }
}
