package org.wardkey.app

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.credentials.CreateCredentialException
import android.credentials.GetCredentialException
import android.net.Uri
import android.os.SystemClock
import android.view.View
import android.widget.TextView
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.wardkey.app.hybrid.CeremonyActivity
import org.wardkey.app.hybrid.CodeSource
import org.wardkey.app.hybrid.PhoneCeremony
import org.wardkey.app.hybrid.ScanActivity
import org.wardkey.app.provider.CreatePasskeyActivity
import org.wardkey.app.provider.ProviderEntries
import org.wardkey.app.provider.Selector
import org.wardkey.app.provider.browser
import org.wardkey.app.provider.createFailure
import org.wardkey.app.provider.creationOptions
import org.wardkey.app.provider.requestOptions
import org.wardkey.app.screens.DiagnosticsActivity
import org.wardkey.app.screens.HomeActivity
import org.wardkey.app.screens.PreflightActivity
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.screenWorld
import org.wardkey.app.words.failure
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.core.Failure
import org.wardkey.core.HybridOutcome
import org.wardkey.core.InternalException
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason

/** An app whose core does not open. */
internal class BrokenApplication : WardkeyApplication() {
    var broken: Throwable = UnsatisfiedLinkError("libwardkey_core.so for another processor")

    override fun privilegedApps(): String = throw broken
}

/** A core that does not load or fails in itself: each screen says so, with what to do, and none ends the app. */
@RunWith(RobolectricTestRunner::class)
@Config(application = BrokenApplication::class)
internal class BrokenCoreTest {
    private val application = RuntimeEnvironment.getApplication() as BrokenApplication
    private val problems = listOf(
        UnsatisfiedLinkError("secret"),
        ExceptionInInitializerError("secret"),
        InternalException("secret"),
        IllegalStateException("secret"),
        CancellationException("secret"),
    )

    private fun eachProblem(check: () -> Unit) = problems.forEach {
        application.broken = it
        check()
    }

    private fun assertTold(failure: Failure) {
        assertEquals(Reason.UNEXPECTED, failure.reason)
        val problem = application.broken.javaClass.name
        assertTrue(failure.detail, problem in failure.detail && "secret" !in failure.detail)
    }

    @Test
    fun `the screens' world says so`() = eachProblem {
        val world = application.screenWorld
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        val uses = listOf<suspend () -> Any>(
            { world.passkeys() },
            { world.configuration() },
            { world.remove(activity, byteArrayOf(1)) },
        )
        for (use in uses) {
            val thrown = assertThrows(PasskeyException.Internal::class.java) { runBlocking { use() } }
            assertTold(thrown.failure)
        }
    }

    @Test
    fun `a ceremony ends with it`() = eachProblem {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        val outcome = runBlocking { PhoneCeremony(activity, "FIDO:/1").run() }
        assertTold((outcome as HybridOutcome.Failed).failure)
    }

    @Test
    fun `the screen of a ceremony leads to the one that tells`() {
        shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        val link = Intent(Intent.ACTION_VIEW, Uri.parse("FIDO:/1"))
        val ceremony = Robolectric.buildActivity(CeremonyActivity::class.java, link).setup().get()
        idleUntil { ceremony.isFinishing }
        val told = shadowOf(ceremony).nextStartedActivity
        val screen = Robolectric.buildActivity(ResultActivity::class.java, told).setup().get()
        assertEquals(words(Reason.UNEXPECTED.title), screen.text(R.id.result_title))
        assertEquals(words(Reason.UNEXPECTED.remedy), screen.text(R.id.result_text))
    }

    /** Sees nothing, and prepares as the app does. */
    internal class PreparingScanActivity : ScanActivity(), CodeSource {
        suspend fun prepared() = prepare()

        override fun sourceFor(screen: View): CodeSource = this

        override fun start(seen: (String) -> Unit, failed: () -> Unit) = Unit

        override fun stop() = Unit
    }

    @Test
    fun `the scanner prepares nothing and goes on`() = eachProblem {
        val scanner = Robolectric.buildActivity(PreparingScanActivity::class.java).get()
        runBlocking { scanner.prepared() }
    }

    @Test
    fun `a line chosen in the selector is answered and the person told`() = eachProblem {
        val selector = Selector()
        val extras = selector.createExtras(browser(), selector.bundleOf(creationOptions(), Selector.CREATE))
        val line = Intent(application, CreatePasskeyActivity::class.java)
            .putExtra(ProviderEntries.EXTRA_OFFERED, SystemClock.elapsedRealtime())
            .apply { fillIn(extras, 0) }
        val controller = Robolectric.buildActivity(CreatePasskeyActivity::class.java, line).setup()
        var screen: Intent? = null
        idleUntil {
            screen = shadowOf(controller.get()).nextStartedActivityForResult?.intent
            screen != null
        }
        assertFalse(controller.get().isFinishing)
        selector.close(controller.get(), checkNotNull(screen))
        assertEquals(
            "android.credentials.CreateCredentialException.TYPE_UNKNOWN",
            createFailure(selector.resultOf(controller)).type,
        )
    }

    @Test
    fun `the first question is answered without lines`() = eachProblem {
        val selector = Selector()
        val creation = selector.beginCreate(creationOptions())
        val signIn = selector.beginGet(requestOptions())
        val types = listOf(
            (creation.failure as CreateCredentialException?)?.type,
            (signIn.failure as GetCredentialException?)?.type,
        )
        val expected = when (application.broken) {
            is CancellationException ->
                listOf(CreateCredentialException.TYPE_INTERRUPTED, GetCredentialException.TYPE_INTERRUPTED)
            else -> listOf(CreateCredentialException.TYPE_UNKNOWN, GetCredentialException.TYPE_UNKNOWN)
        }
        assertEquals(expected, types)
        val told = listOf(creation, signIn).mapNotNull { it.failure?.message }
        assertTrue("$told", told.none { "secret" in it })
    }

    @Test
    fun `home, preflight and diagnostics say so`() {
        val home = Robolectric.buildActivity(HomeActivity::class.java).setup().get()
        idleUntil { home.text(R.id.home_failure_title).isNotEmpty() }
        assertEquals(words(Reason.UNEXPECTED.title), home.text(R.id.home_failure_title))
        val preflight = Robolectric.buildActivity(PreflightActivity::class.java).setup().get()
        idleUntil { words(Reason.UNEXPECTED.title) in preflight.text(R.id.preflight_summary) }
        val diagnostics = Robolectric.buildActivity(DiagnosticsActivity::class.java).setup().get()
        idleUntil { "cannot be read" in diagnostics.text(R.id.diagnostics_report) }
    }

    private fun words(id: Int) = application.getString(id)

    private fun Activity.text(id: Int) = requireViewById<TextView>(id).text.toString()
}
